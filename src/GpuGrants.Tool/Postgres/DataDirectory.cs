using System.CommandLine;

namespace GpuGrants.Tool.Postgres;

/// <summary>Where a private PostgreSQL keeps its data.</summary>
internal static class DataDirectory
{
    public static Option<string> Option() =>
        new("--data")
        {
            Description = "Where a private PostgreSQL keeps its data when no database is configured.",
            DefaultValueFactory = _ => Path.Combine(Home(), "gpugrants", "postgres"),
        };

    private static string Home() =>
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } home ? home : Path.GetTempPath();
}

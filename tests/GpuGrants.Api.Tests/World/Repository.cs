namespace GpuGrants.Api.Tests.World;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    private static readonly Lazy<string> Root = new(() =>
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(folder.FullName, "GpuGrants.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    });

    /// <summary>A file's or folder's path by its parts below the root.</summary>
    public static string File(params ReadOnlySpan<string> parts) => Path.Combine([Root.Value, .. parts]);
}

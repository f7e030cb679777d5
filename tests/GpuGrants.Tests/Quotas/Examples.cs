namespace GpuGrants.Tests.Quotas;

/// <summary>The worked examples that the documentation shows.</summary>
internal static class Examples
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "docs", "examples", "quotas");

    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order();

    public static string Json(string name) => File.ReadAllText(Path.Combine(Folder, name + ".json"));

    public static Quota Of(string name) => Quota.Of(Quota.Published(Json(name)));
}

namespace GpuGrants.Tests.Writing;

/// <summary>The repository's own files, from the folder that has the solution.</summary>
internal static class Repository
{
    private static readonly string[] Ignored = ["bin", "obj", "node_modules", ".gpugrants", ".git", "TestResults"];

    public static string Root { get; } = FindRoot();

    /// <summary>All files with this extension below a folder, as paths from the root.</summary>
    /// <param name="extension">Such as <c>.md</c>.</param>
    /// <param name="folder">From the root; all of the repository when empty.</param>
    public static IEnumerable<string> Files(string extension, string folder = "") =>
        Walk(new DirectoryInfo(Path.Combine(Root, folder)))
            .Where(file => file.Extension == extension)
            .Select(file => Path.GetRelativePath(Root, file.FullName))
            .Order(StringComparer.Ordinal);

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Concat(folder.EnumerateDirectories().Where(inner => !Ignored.Contains(inner.Name)).SelectMany(Walk));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "GpuGrants.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}

namespace GpuGrants.People;

/// <summary>Reads the lists that the rules carry: see the folder <c>Lists</c>.</summary>
internal static class ListFile
{
    /// <summary>The lines of a list.</summary>
    /// <returns>They are read as they are asked for.</returns>
    public static IEnumerable<string> Lines(string file)
    {
        using var reader = new StreamReader(typeof(ListFile).Assembly.GetManifestResourceStream($"GpuGrants.People.{file}")!);
        while (reader.ReadLine() is { } line)
            yield return line;
    }
}

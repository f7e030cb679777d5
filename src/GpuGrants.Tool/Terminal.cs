namespace GpuGrants.Tool;

/// <summary>Prints sentences in lines that fit a terminal.</summary>
internal static class Terminal
{
    private const int Columns = 120;

    /// <summary>Prints a text. Lines after the first are indented by two more.</summary>
    public static void Write(string text, int indent = 0)
    {
        foreach (var line in Lines(text, indent))
            Console.WriteLine(line);
    }

    /// <summary>Breaks a text at spaces. A word that is longer than a line stays whole.</summary>
    public static IEnumerable<string> Lines(string text, int indent)
    {
        var line = new string(' ', indent);
        var isEmpty = true;
        foreach (var word in text.TrimEnd().Split(' '))
        {
            if (!isEmpty && line.Length + 1 + word.Length > Columns)
            {
                yield return line;
                line = new string(' ', indent + 2);
                isEmpty = true;
            }

            line += isEmpty ? word : " " + word;
            isEmpty = false;
        }

        yield return line;
    }
}

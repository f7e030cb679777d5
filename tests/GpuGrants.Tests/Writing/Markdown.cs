using System.Text.RegularExpressions;

namespace GpuGrants.Tests.Writing;

/// <summary>The prose of a Markdown page, without its code.</summary>
internal static partial class Markdown
{
    /// <summary>Paragraphs, list items, headings and cells of tables. Code spans become one word each, links their text.</summary>
    public static IEnumerable<string> Blocks(string page)
    {
        var block = new List<string>();
        foreach (var line in ProseLines(page).Append(""))
        {
            if (block.Count > 0 && BlockStart().IsMatch(line))
            {
                yield return Plain(string.Join(' ', block));
                block.Clear();
            }

            if (line.TrimStart().StartsWith('|'))
                foreach (var cell in Plain(line).Split('|', StringSplitOptions.TrimEntries))
                    yield return cell;
            else if (!string.IsNullOrWhiteSpace(line))
                block.Add(line.Trim());
        }
    }

    /// <summary>The lines that are in no fenced block of code.</summary>
    public static IEnumerable<string> ProseLines(string page)
    {
        var isCode = false;
        foreach (var line in page.ReplaceLineEndings("\n").Split('\n'))
        {
            var isFence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            isCode ^= isFence;
            if (!isCode && !isFence)
                yield return line;
        }
    }

    private static string Plain(string text) => Link().Replace(CodeSpan().Replace(text, "code"), "$1");

    [GeneratedRegex(@"^\s*$|^\s*([#|<]|[*+-]\s|\d+\.\s)")]
    private static partial Regex BlockStart();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Link();
}

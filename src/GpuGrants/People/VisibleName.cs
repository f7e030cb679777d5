using System.Globalization;
using System.Text;

namespace GpuGrants.People;

/// <summary>A name as people see it: what nobody sees, or what makes a text look like another, has no place in it.</summary>
public static class VisibleName
{
    /// <summary>A character as people count them may have several code units; more than this on average is no name.</summary>
    public const int UnitsPerCharacter = 8;

    /// <summary>Letters that show nothing, although Unicode counts them as letters or symbols.</summary>
    private static readonly int[] Blanks = [0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800];

    /// <summary>Whether a name has 1 to <paramref name="max"/> characters as people count them, and shows all of them.</summary>
    /// <param name="text">The name.</param>
    /// <param name="max">
    /// The most grapheme clusters (Unicode Standard Annex 29). A cluster has at most <see cref="UnitsPerCharacter"/> on average.
    /// </param>
    public static bool IsName(string text, int max) =>
        text.Length <= max * UnitsPerCharacter
        && text.Trim().Length > 0
        && new StringInfo(text).LengthInTextElements <= max
        && IsVisible(text);

    private static bool IsVisible(string text)
    {
        for (var i = 0; i < text.Length; )
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune) || !IsVisible(rune))
                return false;
            i += rune.Utf16SequenceLength;
        }

        return true;
    }

    /// <summary>Refuses control characters, formatting and marks of direction, line ends, and what Unicode does not know.</summary>
    private static bool IsVisible(Rune rune) =>
        !Blanks.Contains(rune.Value)
        && Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
            );
}

using System.Globalization;
using System.Text;

namespace GpuGrants.People;

/// <summary>A name as people see it: what nobody sees, or what makes a text look like another, has no place in it.</summary>
public static class VisibleName
{
    /// <summary>A character as people count them may have several code points; more than this on average is no name.</summary>
    public const int PointsPerCharacter = 8;

    /// <summary>Whether a name has 1 to <paramref name="max"/> characters as people count them, and shows all of them.</summary>
    /// <param name="text">The name.</param>
    /// <param name="max">
    /// The most grapheme clusters (Unicode Standard Annex 29). A cluster has at most <see cref="PointsPerCharacter"/> on average.
    /// </param>
    public static bool IsName(string text, int max) =>
        VisibleText.Length(text) <= max * PointsPerCharacter
        && VisibleText.Shows(text)
        && new StringInfo(text).LengthInTextElements <= max
        && IsVisible(text);

    private static bool IsVisible(string text)
    {
        Rune? before = null;
        for (var i = 0; i < text.Length; )
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
                return false;
            i += rune.Utf16SequenceLength;
            Rune? after = Rune.TryGetRuneAt(text, Math.Min(i, text.Length - 1), out var next) && i < text.Length ? next : null;
            if (VisibleText.IsHidden(rune) && !VisibleText.IsOfSequence(before, rune, after))
                return false;
            before = rune;
        }

        return true;
    }
}

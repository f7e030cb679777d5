using System.Globalization;
using System.Text;

namespace GpuGrants.People;

/// <summary>What of a text people see.</summary>
public static class VisibleText
{
    private const int Joiner = 0x200D;
    private const int Keycap = 0x20E3;

    /// <summary>A braille pattern without dots: it shows nothing, although Unicode counts it as a symbol.</summary>
    private const int BlankPattern = 0x2800;

    /// <summary>The property Default_Ignorable_Code_Point of Unicode 16: code points that show nothing by themselves.</summary>
    private static readonly (int First, int Last)[] Ignorable =
    [
        (0x00AD, 0x00AD),
        (0x034F, 0x034F),
        (0x061C, 0x061C),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFF8),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
    ];

    /// <summary>The length of a text as JSON Schema and PostgreSQL count it.</summary>
    /// <returns>Code points; half a surrogate pair counts as one.</returns>
    public static int Length(string text)
    {
        var length = text.Length;
        for (var i = 1; i < text.Length; i++)
            if (char.IsSurrogatePair(text[i - 1], text[i]))
                length--;
        return length;
    }

    /// <summary>Whether a text has at least one character that shows by itself: no space, no mark alone, nothing invisible.</summary>
    public static bool Shows(string text)
    {
        foreach (var rune in text.EnumerateRunes())
            if (Shows(rune))
                return true;
        return false;
    }

    /// <summary>Whether a character shows by itself.</summary>
    internal static bool Shows(Rune rune) =>
        !IsHidden(rune)
        && Rune.GetUnicodeCategory(rune)
            is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
        && !Rune.IsWhiteSpace(rune);

    /// <summary>Controls, formatting and marks of direction, line ends, what nobody sees, and what Unicode does not know.</summary>
    internal static bool IsHidden(Rune rune) =>
        rune.Value == BlankPattern
        || IsIgnorable(rune)
        || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;

    /// <summary>Whether a hidden character belongs to a sequence that shows as one: an emoji, or another form of a letter.</summary>
    /// <param name="before">The character before it; null at the beginning.</param>
    /// <param name="rune">The hidden character.</param>
    /// <param name="after">The character after it; null at the end.</param>
    internal static bool IsOfSequence(Rune? before, Rune rune, Rune? after) =>
        IsSelector(rune)
            ? before is { } shown && TakesSelector(shown, after)
            : rune.Value == Joiner
                && before is { } one
                && after is { } other
                && (IsSymbol(one) || IsSelector(one))
                && Rune.GetUnicodeCategory(other) == UnicodeCategory.OtherSymbol;

    /// <summary>Latin, Greek and Cyrillic letters have one form only, so a selector there would only make two names look alike.</summary>
    private static bool TakesSelector(Rune shown, Rune? after) =>
        Shows(shown)
        && (
            after?.Value == Keycap
            || Rune.GetUnicodeCategory(shown)
                is UnicodeCategory.OtherSymbol
                    or UnicodeCategory.MathSymbol
                    or UnicodeCategory.OtherLetter
                    or UnicodeCategory.OtherPunctuation
                    or UnicodeCategory.DashPunctuation
        );

    private static bool IsSymbol(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherSymbol or UnicodeCategory.ModifierSymbol;

    /// <summary>Variation selectors, also of Mongolian and of ideographs.</summary>
    private static bool IsSelector(Rune rune) =>
        rune.Value is (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) or (>= 0x180B and <= 0x180D) or 0x180F;

    private static bool IsIgnorable(Rune rune)
    {
        foreach (var (first, last) in Ignorable)
            if (rune.Value >= first && rune.Value <= last)
                return true;
        return false;
    }
}

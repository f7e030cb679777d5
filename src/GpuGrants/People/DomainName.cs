using System.Globalization;
using System.Text;

namespace GpuGrants.People;

/// <summary>The name of a host or of a mail domain, in the one form in which names are compared.</summary>
public static class DomainName
{
    // An instance keeps nothing between calls, and UseStd3AsciiRules refuses names that no host has.
    private static readonly IdnMapping Names = new() { UseStd3AsciiRules = true };

    /// <summary>What separates labels (RFC 3490, section 3.1).</summary>
    private static readonly char[] Dots = ['.', '\u3002', '\uFF0E', '\uFF61'];

    /// <summary>
    /// Reads a name with at least two labels, the last of which begins with a letter: addresses of the Internet Protocol are no names.
    /// A name that ends with a dot is refused.
    /// </summary>
    /// <returns>The name in lower-case ASCII, at most 253 characters; null when the text is none.</returns>
    public static string? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text) || Dots.Contains(text[^1]))
            return null;
        // Digits of other scripts and widths are digits of an address too.
        if (text[(text.LastIndexOfAny(Dots) + 1)..].EnumerateRunes().Any(rune => !rune.IsAscii && Rune.IsDigit(rune)))
            return null;
        try
        {
            var ascii = Names.GetAscii(text).ToLowerInvariant();
            return ascii.LastIndexOf('.') is > 0 and var dot && char.IsAsciiLetter(ascii[dot + 1]) ? ascii : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether the text is a domain below which others lie, such as <c>ac.kr</c> or <c>edu</c>, in the form that <see cref="Parse"/> gives.
    /// </summary>
    public static bool IsSuffix(string? text) => text is not null && Parse("x." + text) == "x." + text;

    /// <summary>The name itself, then the name without its first label, and so on to the last label.</summary>
    /// <param name="name">As <see cref="Parse"/> gives it.</param>
    /// <returns>At least the name.</returns>
    internal static IEnumerable<string> WithParents(string name)
    {
        for (var at = 0; at >= 0; )
        {
            yield return name[at..];
            var dot = name.IndexOf('.', at);
            at = dot < 0 ? -1 : dot + 1;
        }
    }
}

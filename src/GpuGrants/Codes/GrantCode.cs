using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace GpuGrants.Codes;

/// <summary>A one-time code as people type it: 19 characters of Crockford's base32, and one that checks them.</summary>
public readonly record struct GrantCode
{
    /// <summary>Characters of a code, without hyphens.</summary>
    public const int Length = 20;

    /// <summary>The longest text that is read as one, with whatever stands between its characters.</summary>
    public const int MaxTextLength = 60;

    private const int GroupLength = 4;
    private const int BitsPerSymbol = 5;
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private readonly string? _symbols;

    private GrantCode(string symbols) => _symbols = symbols;

    /// <summary>The characters in upper case, without hyphens. Two codes are the same when these are.</summary>
    public string Symbols => _symbols ?? throw new InvalidOperationException("This is no code: nothing made or read it.");

    /// <summary>The code that stands for a hash.</summary>
    /// <param name="hash">At least 12 bytes that nobody guesses. The first 95 bits are taken.</param>
    /// <exception cref="ArgumentException">The hash is too short.</exception>
    public static GrantCode FromHash(ReadOnlySpan<byte> hash)
    {
        if (hash.Length * 8 < (Length - 1) * BitsPerSymbol)
            throw new ArgumentException("The hash has fewer than 95 bits.", nameof(hash));
        Span<char> symbols = stackalloc char[Length];
        var check = 0;
        for (var i = 0; i < Length - 1; i++)
        {
            var digit = DigitAt(hash, i * BitsPerSymbol);
            symbols[i] = Alphabet[digit];
            check = Next(check, digit);
        }

        symbols[^1] = Alphabet[check];
        return new GrantCode(new string(symbols));
    }

    /// <summary>Reads a code as somebody typed it.</summary>
    /// <param name="text">With or without hyphens and spaces, in any case, with O for 0 and I or L for 1.</param>
    /// <param name="code">The code.</param>
    /// <returns>False when it has another length or other characters, or when the check character finds a typing mistake.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out GrantCode code)
    {
        code = default;
        if (text is null or { Length: > MaxTextLength })
            return false;
        Span<char> symbols = stackalloc char[Length];
        var (count, check) = (0, 0);
        foreach (var typed in text)
        {
            if (typed is '-' or ' ')
                continue;
            var digit = Alphabet.IndexOf(Folded(typed), StringComparison.Ordinal);
            if (digit < 0 || count == Length)
                return false;
            symbols[count++] = Alphabet[digit];
            check = Next(check, digit);
        }

        if (count != Length || check != 0)
            return false;
        code = new GrantCode(new string(symbols));
        return true;
    }

    /// <summary>As it is printed: five groups of four.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Group(0)}-{Group(1)}-{Group(2)}-{Group(3)}-{Group(4)}");

    private string Group(int number) => Symbols.Substring(number * GroupLength, GroupLength);

    private static char Folded(char typed) =>
        char.ToUpperInvariant(typed) switch
        {
            'O' => '0',
            'I' or 'L' => '1',
            var other => other,
        };

    private static int DigitAt(ReadOnlySpan<byte> hash, int bit)
    {
        var digit = 0;
        for (var i = bit; i < bit + BitsPerSymbol; i++)
            digit = (digit << 1) | ((hash[i / 8] >> (7 - (i % 8))) & 1);
        return digit;
    }

    /// <summary>
    /// Damm's scheme: add the digit and double, in the field of 32 elements with x^5 + x^2 + 1. The check character is what brings the
    /// result to 0.
    /// </summary>
    private static int Next(int check, int digit)
    {
        var doubled = (check ^ digit) << 1;
        return doubled >= Alphabet.Length ? doubled ^ 0b10_0101 : doubled;
    }
}

using System.Globalization;
using System.Security.Cryptography;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.People;

/// <summary>Codes that prove who reads the mail of an address: eight digits, of which a proof takes five guesses at most.</summary>
internal static class MailedCode
{
    private const int Digits = 8;

    /// <summary>A new code.</summary>
    /// <returns>Eight digits, as they are mailed.</returns>
    public static string Make() => RandomNumberGenerator.GetInt32(100_000_000).ToString("D8", CultureInfo.InvariantCulture);

    /// <summary>The code as a person typed it: spaces and hyphens between the digits make no difference.</summary>
    public static string Typed(string code) => new([.. code.Where(letter => letter is not (' ' or '-'))]);

    /// <summary>Whether the text has the form of a code.</summary>
    public static bool IsCode(string? text) =>
        text is { Length: <= 40 } && Typed(text) is { Length: Digits } code && code.All(char.IsAsciiDigit);

    /// <summary>Why an address proof takes no code any more; null while it does.</summary>
    public static Refusal? Refuse(AddressProof? proof, string purpose, DateTimeOffset at)
    {
        if (proof is null || proof.Purpose != purpose)
            return Refusal.NotFound;
        if (proof.WithdrawnAt is not null)
            return Refusal.Conflict("invitation-void", "The invitation was withdrawn. Ask for another one.", "code");
        if (proof.UsedAt is not null)
            return Refusal.Conflict("code-used", "The code was used already. Ask for a new code.", "code");
        if (proof.LapsedAt is not null || at >= proof.ExpiresAt)
            return Refusal.Conflict("code-expired", "The code has expired. Ask for a new code.", "code");
        return proof.Tries >= ITriedCode.MaxTries ? Locked("Ask for a new code.") : null;
    }

    /// <summary>The refusal of a code that was tried too often.</summary>
    /// <param name="next">What the caller can do.</param>
    public static Refusal Locked(string next) =>
        Refusal.Conflict("code-locked", $"The code was tried {ITriedCode.MaxTries} times. {next}", "code");

    /// <summary>Counts a wrong guess in the batch. The batch commits it together with the refusal.</summary>
    /// <param name="proof">The row whose code was to be shown.</param>
    /// <param name="field">Where the code stands.</param>
    public static Refusal CountWrong<TRow>(BatchState batch, TRow proof, string field)
        where TRow : class, ITriedCode, new()
    {
        proof.Tries++;
        batch.Rows<TRow>().Update(proof);
        return Wrong(ITriedCode.MaxTries - proof.Tries, field);
    }

    private static Refusal Wrong(int left, string field) =>
        new(
            RefusalKind.Invalid,
            "code-wrong",
            left switch
            {
                0 => "The code is wrong. No try is left. Ask for a new code.",
                1 => "The code is wrong. 1 try is left.",
                _ => $"The code is wrong. {left} tries are left.",
            },
            field
        );

    public static bool Matches(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(one, other);
}

/// <summary>A row whose mailed code may be tried a few times.</summary>
public interface ITriedCode
{
    /// <summary>How often a code may be tried.</summary>
    const int MaxTries = 5;

    /// <summary>How often it was tried, and was wrong.</summary>
    int Tries { get; set; }
}

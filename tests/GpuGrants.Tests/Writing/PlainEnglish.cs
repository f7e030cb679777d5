using System.Text.RegularExpressions;

namespace GpuGrants.Tests.Writing;

/// <summary>What a machine can tell about how a text is written.</summary>
internal static partial class PlainEnglish
{
    public const int MaxWords = 30;

    /// <summary>The sentences of a text that have more than <see cref="MaxWords"/> words.</summary>
    public static IEnumerable<string> LongSentences(string text) =>
        SentenceEnd().Split(text).Select(sentence => sentence.Trim()).Where(sentence => Words(sentence) > MaxWords);

    /// <summary>Clipped forms: words that the writer left out and the reader has to guess.</summary>
    public static IEnumerable<string> ClippedForms(string text) => Clipped().Matches(text).Select(match => match.Value);

    private static int Words(string sentence) => sentence.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Count(IsWord);

    private static bool IsWord(string part) => part.Any(char.IsLetterOrDigit);

    [GeneratedRegex("""[.!?](?=["'’)\]*]*(\s|$))|\n\s*\n""")]
    private static partial Regex SentenceEnd();

    /// <summary>For instance "one row an account", "rules of then", "be it as absent", "so many GPUs", "whose each task".</summary>
    [GeneratedRegex(
        """
            \bone\ (?!(of|that|in|on|is|as|at|by|for|to|or|and)\b)\w+\ an?\ (account|batch|call|copy|decision|file|grant|key|month|period
            |policy|programme|replica|request|round|row|rule|shard|statement|subject|tree|window)\b
            |\b\d+(,\d+)*\ an?\ (account|call|grant|page|policy|replica|request|shard|statement|transaction|tree)\b
            |\bof\ (then|before)\b
            |\bbe\ it\b
            |\bso\ many\b
            |\bwhose\ each\b
            |\bless\ than\ nothing\b
            |\bon\ a\ guess\b
            |\bof\ late\b
            |\bat\ one\ time\ and\b
            |\bminute\ and\ replica\b
            """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Clipped();
}

namespace GpuGrants.Quotas.Documents;

/// <summary>Why a policy cannot be published.</summary>
/// <param name="Rule">The rule's id or place; null when the document itself is meant.</param>
/// <param name="Field">JSON path of the field.</param>
/// <param name="Code">Stable name of what is wrong.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record PolicyProblem(string? Rule, string Field, string Code, string Message)
{
    /// <summary>The most characters of a rule's id.</summary>
    public const int MaxRule = 100;

    /// <summary>What problems call a rule: its id when that is a valid one, otherwise its place.</summary>
    /// <param name="id">As the document states it, if at all.</param>
    /// <param name="place">Its place among the rules, from 0.</param>
    internal static string NameOf(string? id, int place) => id is { Length: > 0 and <= MaxRule } ? id : $"#{place}";

    /// <summary>Rule, field and message in one line.</summary>
    public override string ToString() => Rule is null ? $"{Field}: {Message}" : $"Rule '{Rule}', {Field}: {Message}";
}

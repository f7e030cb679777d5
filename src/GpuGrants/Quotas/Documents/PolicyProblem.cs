namespace GpuGrants.Quotas.Documents;

/// <summary>Why a policy cannot be published.</summary>
/// <param name="Rule">The rule's id or place; null when the document itself is meant.</param>
/// <param name="Field">JSON path of the field.</param>
/// <param name="Code">Stable name of what is wrong.</param>
/// <param name="Message">What is wrong and what to do.</param>
public sealed record PolicyProblem(string? Rule, string Field, string Code, string Message)
{
    /// <summary>Rule, field and message in one line.</summary>
    public override string ToString() => Rule is null ? $"{Field}: {Message}" : $"Rule '{Rule}', {Field}: {Message}";
}

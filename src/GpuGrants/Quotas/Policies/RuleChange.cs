namespace GpuGrants.Quotas.Policies;

/// <summary>What became of one rule, found again by its id.</summary>
public sealed record RuleChange(string RuleId, RuleChangeKind Kind, IReadOnlyList<FieldChange> Fields);

namespace GpuGrants.Quotas;

/// <summary>A rule ready to decide with.</summary>
public sealed class CompiledRule
{
    internal CompiledRule(PublishedPolicy policy, QuotaRule rule, RuleSignature signature, Dictionary<SubjectId, QuotaOverride[]>? overrides)
    {
        Policy = policy;
        Rule = rule;
        Signature = signature;
        Overrides = overrides;
        Sharing = rule.Sharing is null ? null : new ShareTree(rule.Sharing);
    }

    public PublishedPolicy Policy { get; }

    public QuotaRule Rule { get; }

    public RuleSignature Signature { get; }

    internal Dictionary<SubjectId, QuotaOverride[]>? Overrides { get; }

    internal ShareTree? Sharing { get; }

    /// <summary>The limit for the subject at the moment, with what overrides make of it.</summary>
    public long LimitFor(SubjectId subject, DateTimeOffset at)
    {
        var limit = Rule.Limit ?? 0;
        return Overrides is not null && Overrides.TryGetValue(subject, out var overrides) ? LimitRules.Apply(limit, overrides, at) : limit;
    }
}

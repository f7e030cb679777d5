namespace GpuGrants.Quotas.Subjects;

/// <summary>Who a rule limits: a level, each or as a group, and optionally only some of them.</summary>
public sealed record QuotaSubject
{
    /// <summary>Whom the rule counts by.</summary>
    public required SubjectLevel Level { get; init; }

    /// <summary>Whether each has the limit, or all together.</summary>
    public SubjectGrouping Grouping { get; init; }

    /// <summary>Of the level person: which people count.</summary>
    public PersonCount Counts { get; init; }

    /// <summary>Only organizations of these kinds; empty means all.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Only these programmes, organizations, projects, members, partners or people, by the level; empty means all.</summary>
    public IReadOnlyList<Guid> Ids { get; init; } = [];
}

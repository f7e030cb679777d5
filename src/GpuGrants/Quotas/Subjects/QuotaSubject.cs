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

/// <summary>Who a rule limits.</summary>
public enum SubjectLevel
{
    /// <summary>Everything in the policy's scope.</summary>
    Platform,

    /// <summary>A programme with all below it. "Each" limits every programme of the request's path inside the policy's scope.</summary>
    Programme,

    /// <summary>All organizations of one kind.</summary>
    OrganizationKind,

    /// <summary>An organization with all its projects and members.</summary>
    Organization,

    /// <summary>A project of an organization.</summary>
    Project,

    /// <summary>A principal who asks for an organization: a person, or a program that counts by itself.</summary>
    Member,

    /// <summary>A portal, for what it asks for others and for what organizations ask themselves whose first partner it is.</summary>
    Partner,

    /// <summary>A human: whoever owns the organization, and whoever asks. <see cref="PersonCount"/> says which of them count.</summary>
    Person,
}

/// <summary>Whether each subject has the limit for itself or all share it as one.</summary>
public enum SubjectGrouping
{
    /// <summary>Everyone has the limit for itself.</summary>
    Each,

    /// <summary>All of them have it together.</summary>
    Group,
}

/// <summary>Which people a rule of the level person counts a request for, each of them once.</summary>
public enum PersonCount
{
    /// <summary>The owners of the organization and whoever asks.</summary>
    Both,

    /// <summary>The owners of the organization.</summary>
    Owners,

    /// <summary>Whoever asks.</summary>
    Asker,
}

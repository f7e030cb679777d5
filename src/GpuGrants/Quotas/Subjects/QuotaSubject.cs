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

/// <summary>
/// The subject of one counter: an id, a kind's name, or <c>*</c> for a group that spans the platform. Compared without making text of it.
/// </summary>
public readonly record struct SubjectId
{
    private readonly Guid _id;
    private readonly string? _name;

    private SubjectId(Guid id, string? name)
    {
        _id = id;
        _name = name;
    }

    /// <summary>Of a subject that is not a name.</summary>
    internal Guid Id => _id;

    /// <summary>Everybody at once.</summary>
    public static SubjectId All { get; } = new(Guid.Empty, "*");

    /// <summary>A subject with an id.</summary>
    public static SubjectId Of(Guid id) => new(id, null);

    /// <summary>A subject with a name: a kind of organization.</summary>
    public static SubjectId Named(string name) => new(Guid.Empty, name);

    /// <summary>The subject that was written as <paramref name="text"/>.</summary>
    public static SubjectId Parse(string text) => Guid.TryParseExact(text, "D", out var id) ? Of(id) : Named(text);

    /// <summary>As rows and answers name it.</summary>
    public override string ToString() => _name ?? _id.ToString("D");

    /// <inheritdoc/>
    public bool Equals(SubjectId other) => _id == other._id && string.Equals(_name, other._name, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => _name is null ? _id.GetHashCode() : string.GetHashCode(_name, StringComparison.Ordinal);
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

    /// <summary>A portal that asks for others.</summary>
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

/// <summary>
/// All that a rule may ask about a request, pinned when it was made: later facts about it are counted by the same context.
/// </summary>
public sealed record QuotaContext
{
    /// <summary>The tree of the request's programme.</summary>
    public required Guid RootProgrammeId { get; init; }

    /// <summary>The request's own programme first, the root last.</summary>
    public required IReadOnlyList<Guid> ProgrammePath { get; init; }

    /// <summary>Who asks.</summary>
    public required Guid OrganizationId { get; init; }

    /// <summary>One of <see cref="OrganizationKinds"/>.</summary>
    public required string OrganizationKind { get; init; }

    /// <summary>When the organization signed up.</summary>
    public required DateTimeOffset OrganizationCreatedAt { get; init; }

    /// <summary>Whether it was verified when it asked.</summary>
    public required bool OrganizationVerified { get; init; }

    /// <summary>Its project; null when it named none.</summary>
    public Guid? ProjectId { get; init; }

    /// <summary>The principal who asks, a person or a program; null when the context has none.</summary>
    public Guid? MemberId { get; init; }

    /// <summary>The people who own the organization, each once. Empty where nobody knew them: then only the asker counts.</summary>
    public IReadOnlyList<Guid> OwnerIds { get; init; } = [];

    /// <summary>The person behind <see cref="MemberId"/>; null for the member itself.</summary>
    public Guid? AskerId { get; init; }

    /// <summary>The portal that asks for it; null when none does.</summary>
    public Guid? PartnerId { get; init; }

    /// <summary>The offer's GPU model; null while no offer is known.</summary>
    public string? GpuModelId { get; init; }

    /// <summary>The model's class.</summary>
    public string? GpuClass { get; init; }

    /// <summary>Memory of each GPU, in GiB.</summary>
    public int? GpuMemoryGib { get; init; }

    /// <summary>Who would serve it.</summary>
    public Guid? ProviderId { get; init; }

    /// <summary>The offer that would serve it.</summary>
    public Guid? OfferId { get; init; }

    /// <summary>The offer's region.</summary>
    public string? Region { get; init; }

    /// <summary>The request's tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>GPUs at one time.</summary>
    public int Gpus { get; init; }

    /// <summary>When it was asked.</summary>
    public required DateTimeOffset RequestedAt { get; init; }
}

/// <summary>
/// Whom a request counts for. In a school or university many people ask, and those who run it do not: there only the asker counts, whatever
/// a rule says. Else a class would use up its teacher's limit.
/// </summary>
public static class PeopleOfRequest
{
    private static readonly string[] KindsOfMany = ["school", "university"];

    /// <summary>Adds each person once.</summary>
    /// <param name="context">The request.</param>
    /// <param name="counts">Which people the rule counts.</param>
    /// <param name="people">Gets the people.</param>
    public static void Add(QuotaContext context, PersonCount counts, List<Guid> people)
    {
        var asker = context.AskerId ?? context.MemberId;
        var ownersCount = counts != PersonCount.Asker && !KindsOfMany.Contains(context.OrganizationKind, StringComparer.Ordinal);
        if (ownersCount)
        {
            foreach (var owner in context.OwnerIds)
            {
                if (!people.Contains(owner))
                    people.Add(owner);
            }
        }

        // Whoever asks counts also where owners would and nobody knows them: no request counts for nobody.
        if (asker is { } person && (counts != PersonCount.Owners || people.Count == 0) && !people.Contains(person))
            people.Add(person);
    }
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

namespace GpuGrants.Quotas.Policies;

/// <summary>A version of a policy that was published, with when and where it holds.</summary>
public sealed record PublishedPolicy
{
    /// <summary>The policy's id, the same in all versions.</summary>
    public required Guid PolicyId { get; init; }

    /// <summary>The version's number, from 1.</summary>
    public required int Version { get; init; }

    /// <summary>The policy's name, for people.</summary>
    public required string Name { get; init; }

    /// <summary>It holds for this programme and all below; null means the whole platform.</summary>
    public required Guid? ScopeProgrammeId { get; init; }

    /// <summary>It holds for requests of this organization only, which set it for itself; null for all organizations.</summary>
    public Guid? ScopeOrganizationId { get; init; }

    /// <summary>The scope's time zone, for calendar windows that name none.</summary>
    public required string TimeZone { get; init; }

    /// <summary>From when it holds.</summary>
    public required DateTimeOffset EffectiveFrom { get; init; }

    /// <summary>When it was retired or the next version takes over; null while neither is known.</summary>
    public DateTimeOffset? EffectiveUntil { get; init; }

    /// <summary>Null when what is stored cannot be read: then every request in scope goes to people.</summary>
    public required PolicyDocument? Document { get; init; }

    /// <summary>Why <see cref="Document"/> is null, for operators.</summary>
    public string? Unreadable { get; init; }

    /// <summary>Whether an organization set it for itself.</summary>
    public bool IsOfOrganization => ScopeOrganizationId is not null;

    /// <summary>Whether one of its rules carries over what a window left.</summary>
    public bool CarriesOver => Document?.Rules.Any(rule => rule.Window.Carries is not null) == true;

    /// <summary>Whether it holds at the moment.</summary>
    public bool IsInForce(DateTimeOffset at) => EffectiveFrom <= at && (EffectiveUntil is not { } until || at < until);

    /// <summary>Whether it bears on what happens in the context.</summary>
    internal bool Concerns(QuotaContext context) =>
        (ScopeProgrammeId is not { } scope || RuleSignature.Contains(context.ProgrammePath, scope))
        && (ScopeOrganizationId is not { } organization || organization == context.OrganizationId);

    /// <summary>Reads a stored version. One that is not valid comes back without a document, never as an exception.</summary>
    public PublishedPolicy WithStored(string json)
    {
        var (document, problems) = PolicyParser.Parse(json);
        if (document is not null)
            problems = PolicyValidator.Validate(document, TimeZone);
        return problems.Count == 0
            ? this with
            {
                Document = document,
                Unreadable = null,
            }
            : this with
            {
                Document = null,
                Unreadable = string.Join(" ", problems.Select(problem => problem.ToString())),
            };
    }
}

/// <summary>One limit of a policy.</summary>
public sealed record QuotaRule
{
    /// <summary>Unique in its policy and stable over its versions.</summary>
    public required string Id { get; init; }

    /// <summary>What the rule is for, as applicants read it.</summary>
    public string? Title { get; init; }

    /// <summary>What is counted.</summary>
    public required QuotaMeasure Measure { get; init; }

    /// <summary>Who is limited.</summary>
    public required QuotaSubject Subject { get; init; }

    /// <summary>Which of what the subjects do is counted.</summary>
    public QuotaFilter Filter { get; init; } = QuotaFilter.Everything;

    /// <summary>Over which time.</summary>
    public required QuotaWindow Window { get; init; }

    /// <summary>The most that may be used and held, in the measure's unit; null when <see cref="Sharing"/> says it.</summary>
    public long? Limit { get; init; }

    /// <summary>How programmes share one amount; null when there is a limit.</summary>
    public QuotaSharing? Sharing { get; init; }

    /// <summary>What happens to a request that the limit does not allow.</summary>
    public required BreachOutcome Outcome { get; init; }

    /// <summary>Whether unused amounts come back to the window they were awarded in.</summary>
    public bool Refund { get; init; }

    /// <summary>Of a rule whose outcome is review.</summary>
    public ApprovalNeed Approvals { get; init; } = ApprovalNeed.One;

    /// <summary>Up to which limit an asked increase is approved without a person; null when a person always decides.</summary>
    public long? IncreaseCeiling { get; init; }
}

/// <summary>How many people must agree, and in which roles; no role named means any reviewer.</summary>
public sealed record ApprovalNeed(int Count, IReadOnlyList<string> By)
{
    /// <summary>The roles that review; administrators of the platform may always.</summary>
    public static IReadOnlyList<string> Roles { get; } = ["programme-administrator", "programme-reviewer"];

    /// <summary>One reviewer of any role.</summary>
    public static ApprovalNeed One { get; } = new(1, []);

    /// <summary>Nobody.</summary>
    public static ApprovalNeed None { get; } = new(0, []);

    /// <summary>
    /// The need that satisfies both: the greater count, by people whom both accept. When no role is accepted by both, the roles of the
    /// stricter one decide, since a request that nobody may approve would help no one.
    /// </summary>
    public ApprovalNeed And(ApprovalNeed other)
    {
        if (Count == 0)
            return other;
        if (other.Count == 0)
            return this;
        var stricter = other.Count > Count ? other : this;
        if (By.Count == 0 || other.By.Count == 0)
            return new ApprovalNeed(stricter.Count, By.Count == 0 ? other.By : By);
        string[] both = [.. By.Intersect(other.By, StringComparer.Ordinal)];
        return new ApprovalNeed(stricter.Count, both.Length == 0 ? stricter.By : both);
    }
}

/// <summary>What happens to a request that a rule's limit does not allow.</summary>
public enum BreachOutcome
{
    /// <summary>The request is refused.</summary>
    Deny,

    /// <summary>People decide.</summary>
    Review,

    /// <summary>Counted and reported, never enforced.</summary>
    Shadow,
}

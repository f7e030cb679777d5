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

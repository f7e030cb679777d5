namespace GpuGrants.Requests;

/// <summary>What a programme asks of those who apply. An empty list asks nothing.</summary>
public sealed record ProgrammeTerms
{
    /// <summary>The programme's id.</summary>
    public required Guid ProgrammeId { get; init; }

    /// <summary>The programme at the top of its tree; null where nobody asks for it.</summary>
    public Guid? RootProgrammeId { get; init; }

    /// <summary>Partners whose word for a person the tree takes in place of an e-mail address.</summary>
    public IReadOnlyCollection<Guid> TrustedPartners { get; init; } = [];

    /// <summary>Whether it and all above it take requests.</summary>
    public required bool IsActive { get; init; }

    /// <summary>Whether an administrator stopped all awards for now.</summary>
    public bool IsFrozen { get; init; }

    /// <summary>False for a test programme.</summary>
    public required bool IsLive { get; init; }

    /// <summary>From when it takes requests.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>Until when it takes requests; null for no end.</summary>
    public required DateTimeOffset? EndsAt { get; init; }

    /// <summary>Kinds of organization that may apply: <see cref="Quotas.Subjects.OrganizationKinds"/>.</summary>
    public required IReadOnlyList<string> Kinds { get; init; }

    /// <summary>ISO 3166-1 alpha-2 codes.</summary>
    public required IReadOnlyList<string> Countries { get; init; }

    /// <summary>A domain admits itself and its subdomains.</summary>
    public required IReadOnlyList<string> EmailDomains { get; init; }

    /// <summary>What has to be proved of those who apply.</summary>
    public required VerificationLevel Verification { get; init; }

    /// <summary>What it needs of minors who ask.</summary>
    public MinorsNeed MinorsNeed { get; init; }

    /// <summary>Whether who renews a grant has to report how the one before it went.</summary>
    public bool RenewalsNeedReport { get; init; }

    /// <summary>Whether the terms ask for what nobody can meet, because a programme above asks for something else.</summary>
    public bool IsContradictory { get; init; }

    /// <summary>The longest grant.</summary>
    public required TimeSpan MaxGrantDuration { get; init; }
}

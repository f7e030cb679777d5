namespace GpuGrants.Requests;

/// <summary>What a programme asks of those who apply. An empty list asks nothing.</summary>
public sealed record ProgrammeTerms
{
    public required Guid ProgrammeId { get; init; }

    public required bool IsActive { get; init; }

    public required bool IsLive { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public required DateTimeOffset? EndsAt { get; init; }

    public required IReadOnlyList<string> Kinds { get; init; }

    public required IReadOnlyList<string> Countries { get; init; }

    /// <summary>A domain admits itself and its subdomains.</summary>
    public required IReadOnlyList<string> EmailDomains { get; init; }

    public required bool RequiresVerification { get; init; }

    public required TimeSpan MaxGrantDuration { get; init; }
}

namespace GpuGrants.Requests;

/// <summary>The organization that asks, as far as eligibility is concerned.</summary>
public sealed record Applicant
{
    public required Guid OrganizationId { get; init; }

    /// <summary>One of startup, individual, student, school, university, nonprofit, enterprise.</summary>
    public required string Kind { get; init; }

    /// <summary>ISO 3166-1 alpha-2.</summary>
    public required string Country { get; init; }

    public required bool IsVerified { get; init; }

    public required IReadOnlyList<string> VerifiedEmailDomains { get; init; }

    public required bool IsActive { get; init; }

    public required bool IsLive { get; init; }
}

using GpuGrants.People;

namespace GpuGrants.Requests;

/// <summary>The organization that asks, as far as eligibility is concerned.</summary>
public sealed record Applicant
{
    /// <summary>The organization's id.</summary>
    public required Guid OrganizationId { get; init; }

    /// <summary>One of <see cref="Quotas.Subjects.OrganizationKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>ISO 3166-1 alpha-2.</summary>
    public required string Country { get; init; }

    /// <summary>What of it is proved at the moment of the request.</summary>
    public required VerificationLevel Verification { get; init; }

    /// <summary>The partner whose word alone stands for the owner; null when the owner proved an address.</summary>
    public Guid? VouchedBy { get; init; }

    /// <summary>The root programme for which the partner vouched.</summary>
    public Guid? VouchedFor { get; init; }

    /// <summary>Domains that it proved to own, in lower case.</summary>
    public required IReadOnlyList<string> VerifiedEmailDomains { get; init; }

    /// <summary>Whether it is neither suspended nor closed.</summary>
    public required bool IsActive { get; init; }

    /// <summary>How old the person who asks is, as far as the programme may need to know.</summary>
    public AgeStanding Age { get; init; }

    /// <summary>False for a test organization.</summary>
    public required bool IsLive { get; init; }
}

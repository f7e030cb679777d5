using GpuGrants.People;
using GpuGrants.Requests;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>Organizations as eligibility rules see them.</summary>
internal static class Applicants
{
    public static Applicant Of(Organization organization, StatedAge age, DateTimeOffset at) =>
        new()
        {
            OrganizationId = organization.Id,
            Kind = organization.Kind,
            Country = organization.Country,
            Verification = organization.VerificationAt(at),
            VerifiedEmailDomains = organization.VerificationAt(at) <= VerificationLevel.Email ? [] : organization.VerifiedEmailDomains,
            VouchedBy = organization.VouchedBy,
            VouchedFor = organization.VouchedFor,
            Age = age.At(at),
            IsActive = organization.Status == OrganizationStatus.Active,
            IsLive = organization.Livemode,
        };
}

using GpuGrants.Independence;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>Whom a policy benefits when its rules change.</summary>
internal static class PolicyParties
{
    /// <summary>Every organization that asked where it holds, and each that its rules name.</summary>
    public static IReadOnlyList<Party> Of(QuotaPolicy policy, IEnumerable<QuotaPolicyVersion> versions)
    {
        var subjects = versions
            .Select(version => PolicyParser.Parse(version.Document).Document)
            .OfType<PolicyDocument>()
            .SelectMany(document => document.Rules)
            .Select(rule => rule.Subject)
            .ToList();
        return
        [
            Party.OrganizationsThatAsked(policy.ProgrammeId),
            .. subjects.SelectMany(subject => subject.Ids).Distinct().SelectMany(id => (Party[])[Party.Organization(id), Party.Person(id)]),
        ];
    }
}

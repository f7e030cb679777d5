namespace GpuGrants.Requests;

/// <summary>Who may apply to a programme: every reason against is named, not only the first.</summary>
public static class Eligibility
{
    public static List<Reason> Check(Applicant applicant, ProgrammeTerms terms, TimeSpan duration, DateTimeOffset at)
    {
        var reasons = new List<Reason>();
        CheckProgramme(terms, at, reasons);
        CheckApplicant(applicant, terms, reasons);
        if (duration > terms.MaxGrantDuration)
            reasons.Add(
                new Reason
                {
                    Code = "duration-too-long",
                    Message = $"The programme awards grants for at most {terms.MaxGrantDuration.TotalDays:0} days.",
                    Field = "durationDays",
                    WouldPass = $"{terms.MaxGrantDuration.TotalDays:0}",
                    Retryable = false,
                }
            );
        return reasons;
    }

    private static void CheckProgramme(ProgrammeTerms terms, DateTimeOffset at, List<Reason> reasons)
    {
        if (!terms.IsActive)
            reasons.Add(
                Against("programme-not-active", "The programme, or one above it, takes no requests now.", "programmeId", retryable: true)
            );
        if (at < terms.StartsAt)
            reasons.Add(Against("programme-not-started", $"The programme starts at {terms.StartsAt:u}.", "programmeId", retryable: true));
        if (terms.EndsAt is { } end && at >= end)
            reasons.Add(Against("programme-ended", $"The programme ended at {end:u}.", "programmeId", retryable: false));
    }

    private static void CheckApplicant(Applicant applicant, ProgrammeTerms terms, List<Reason> reasons)
    {
        if (!applicant.IsActive)
            reasons.Add(Against("organization-not-active", "The organization is suspended or closed.", "organizationId", retryable: false));
        if (applicant.IsLive != terms.IsLive)
            reasons.Add(
                Against(
                    "livemode-differs",
                    "A test organization asks a test programme, a live one a live programme.",
                    "programmeId",
                    retryable: false
                )
            );
        if (terms.Kinds.Count > 0 && !terms.Kinds.Contains(applicant.Kind))
            reasons.Add(
                Against("kind-not-eligible", $"The programme is for: {string.Join(", ", terms.Kinds)}.", "organizationId", retryable: false)
            );
        if (terms.Countries.Count > 0 && !terms.Countries.Contains(applicant.Country))
            reasons.Add(
                Against(
                    "country-not-eligible",
                    $"The programme is for organizations in: {string.Join(", ", terms.Countries)}.",
                    "organizationId",
                    retryable: false
                )
            );
        if (terms.RequiresVerification && !applicant.IsVerified)
            reasons.Add(
                Against(
                    "organization-not-verified",
                    "The programme asks for a verified organization; ask an administrator to verify yours.",
                    "organizationId",
                    retryable: true
                )
            );
        if (terms.EmailDomains.Count > 0 && !applicant.VerifiedEmailDomains.Any(domain => Admits(terms.EmailDomains, domain)))
            reasons.Add(
                Against(
                    "email-domain-not-eligible",
                    $"The programme asks for a verified email domain among: {string.Join(", ", terms.EmailDomains)}.",
                    "organizationId",
                    retryable: true
                )
            );
    }

    private static bool Admits(IReadOnlyList<string> admitted, string domain) =>
        admitted.Any(a =>
            domain.Equals(a, StringComparison.OrdinalIgnoreCase) || domain.EndsWith("." + a, StringComparison.OrdinalIgnoreCase)
        );

    private static Reason Against(string code, string message, string field, bool retryable) =>
        new()
        {
            Code = code,
            Message = message,
            Field = field,
            Retryable = retryable,
        };
}

namespace GpuGrants.Requests;

/// <summary>Who may apply to a programme: every reason against is named, not only the first.</summary>
public static class Eligibility
{
    /// <summary>Every reason against the applicant at the moment.</summary>
    /// <returns>Empty when it may apply.</returns>
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
                    MessageKo = $"이 프로그램의 지원 기간은 최대 {terms.MaxGrantDuration.TotalDays:0}일입니다.",
                    Field = "durationDays",
                    WouldPass = $"{terms.MaxGrantDuration.TotalDays:0}",
                    Retryable = false,
                }
            );
        return reasons;
    }

    private static void CheckProgramme(ProgrammeTerms terms, DateTimeOffset at, List<Reason> reasons)
    {
        void Against(string code, string message, string korean, bool retryable) =>
            reasons.Add(NewReason(code, message, korean, "programmeId", retryable));
        if (!terms.IsActive)
            Against(
                "programme-not-active",
                "The programme, or one above it, takes no requests now.",
                "이 프로그램 또는 상위 프로그램이 지금은 신청을 받지 않습니다.",
                retryable: true
            );
        if (at < terms.StartsAt)
            Against(
                "programme-not-started",
                $"The programme starts at {terms.StartsAt:u}.",
                $"이 프로그램은 {terms.StartsAt:u}에 시작합니다.",
                retryable: true
            );
        if (terms.EndsAt is { } end && at >= end)
            Against("programme-ended", $"The programme ended at {end:u}.", $"이 프로그램은 {end:u}에 끝났습니다.", retryable: false);
    }

    private static void CheckApplicant(Applicant applicant, ProgrammeTerms terms, List<Reason> reasons)
    {
        void Against(string code, string message, string korean, bool retryable) =>
            reasons.Add(NewReason(code, message, korean, "organizationId", retryable));
        if (!applicant.IsActive)
            Against(
                "organization-not-active",
                "The organization is suspended or closed.",
                "조직이 정지되었거나 닫혀 있습니다.",
                retryable: false
            );
        if (applicant.IsLive != terms.IsLive)
            reasons.Add(
                NewReason(
                    "livemode-differs",
                    "A test organization asks a test programme, a live one a live programme.",
                    "테스트 조직은 테스트 프로그램에, 실제 조직은 실제 프로그램에 신청해 주십시오.",
                    "programmeId",
                    retryable: false
                )
            );
        if (terms.Kinds.Count > 0 && !terms.Kinds.Contains(applicant.Kind))
            Against(
                "kind-not-eligible",
                $"The programme is for: {string.Join(", ", terms.Kinds)}.",
                $"이 프로그램의 대상 조직 종류: {string.Join(", ", terms.Kinds)}.",
                retryable: false
            );
        if (terms.Countries.Count > 0 && !terms.Countries.Contains(applicant.Country))
            Against(
                "country-not-eligible",
                $"The programme is for organizations in: {string.Join(", ", terms.Countries)}.",
                $"이 프로그램의 대상 국가: {string.Join(", ", terms.Countries)}.",
                retryable: false
            );
        if (terms.RequiresVerification && !applicant.IsVerified)
            Against(
                "organization-not-verified",
                "The programme asks for a verified organization; ask an administrator to verify yours.",
                "이 프로그램은 인증된 조직만 신청할 수 있습니다. 관리자에게 조직 인증을 요청해 주십시오.",
                retryable: true
            );
        if (terms.EmailDomains.Count > 0 && !applicant.VerifiedEmailDomains.Any(domain => Admits(terms.EmailDomains, domain)))
            Against(
                "email-domain-not-eligible",
                $"The programme asks for a verified email domain among: {string.Join(", ", terms.EmailDomains)}.",
                $"이 프로그램에는 다음 중 하나의 인증된 이메일 도메인이 필요합니다: {string.Join(", ", terms.EmailDomains)}.",
                retryable: true
            );
    }

    private static bool Admits(IReadOnlyList<string> admitted, string domain) =>
        admitted.Any(a =>
            domain.Equals(a, StringComparison.OrdinalIgnoreCase) || domain.EndsWith("." + a, StringComparison.OrdinalIgnoreCase)
        );

    private static Reason NewReason(string code, string message, string korean, string field, bool retryable) =>
        new()
        {
            Code = code,
            Message = message,
            MessageKo = korean,
            Field = field,
            Retryable = retryable,
        };
}

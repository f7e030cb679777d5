using System.Globalization;
using GpuGrants.People;

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
            reasons.Add(TooLong(duration.TotalDays, terms.MaxGrantDuration.TotalDays));
        return reasons;
    }

    private static Reason TooLong(double days, double longest) =>
        new()
        {
            Code = "duration-too-long",
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"This programme awards grants for at most {longest:0} days. You asked for {days:0}. Ask for {longest:0} days or fewer."
            ),
            MessageKo = string.Create(
                CultureInfo.InvariantCulture,
                $"이 프로그램의 지원 기간은 최대 {longest:0}일입니다. 이번에 {days:0}일을 요청하셨습니다. {longest:0}일 이하로 요청해 주십시오."
            ),
            Field = "durationDays",
            WouldPass = longest.ToString("0", CultureInfo.InvariantCulture),
            Retryable = false,
        };

    private static void CheckProgramme(ProgrammeTerms terms, DateTimeOffset at, List<Reason> reasons)
    {
        if (!terms.IsActive)
            reasons.Add(
                Against(
                    "programme-not-active",
                    "The programme, or one above it, takes no requests now. Ask again later, or choose another programme.",
                    "이 프로그램 또는 상위 프로그램이 지금은 요청을 받지 않습니다. 나중에 다시 요청하시거나 다른 프로그램을 선택해 주십시오.",
                    "programmeId",
                    retryable: true
                )
            );
        if (terms.IsFrozen)
            reasons.Add(
                Against(
                    "programme-frozen",
                    "An administrator has stopped all awards here for now. Ask again later, or choose another programme.",
                    "관리자가 지금은 모든 지원을 중단했습니다. 나중에 다시 요청하시거나 다른 프로그램을 선택해 주십시오.",
                    "programmeId",
                    retryable: true
                )
            );
        if (at < terms.StartsAt)
            reasons.Add(
                Against(
                    "programme-not-started",
                    $"The programme takes requests from {Moments.Text(terms.StartsAt)}. Ask again then, or choose another programme.",
                    $"이 프로그램은 {Moments.Text(terms.StartsAt)}부터 요청을 받습니다. 그때 다시 요청하시거나 다른 프로그램을 선택해 주십시오.",
                    "programmeId",
                    retryable: true
                )
            );
        if (terms.EndsAt is { } end && at >= end)
            reasons.Add(
                Against(
                    "programme-ended",
                    $"The programme ended at {Moments.Text(end)}. Choose another programme.",
                    $"이 프로그램은 {Moments.Text(end)}에 종료되었습니다. 다른 프로그램을 선택해 주십시오.",
                    "programmeId",
                    retryable: false
                )
            );
    }

    private static void CheckApplicant(Applicant applicant, ProgrammeTerms terms, List<Reason> reasons)
    {
        if (!applicant.IsActive)
            reasons.Add(
                Against(
                    "organization-not-active",
                    "The organization is suspended or closed. Ask a platform administrator.",
                    "이 조직은 정지되었거나 폐쇄되었습니다. 플랫폼 관리자에게 문의해 주십시오.",
                    "organizationId",
                    retryable: false
                )
            );
        if (applicant.IsLive != terms.IsLive)
            reasons.Add(
                Against(
                    "livemode-differs",
                    "Test organizations ask test programmes, and live ones ask live programmes. Choose another programme.",
                    "시험용 조직은 시험용 프로그램에만, 실제 조직은 실제 프로그램에만 요청할 수 있습니다. 다른 프로그램을 선택해 주십시오.",
                    "programmeId",
                    retryable: false
                )
            );
        if (terms.Kinds.Count > 0 && !terms.Kinds.Contains(applicant.Kind))
            reasons.Add(
                Against(
                    "kind-not-eligible",
                    $"This programme is for these kinds of organization: {string.Join(", ", terms.Kinds)}. Choose another programme.",
                    $"이 프로그램은 다음 종류의 조직을 위한 것입니다: {string.Join(", ", terms.Kinds.Select(KoreanKind))}. 다른 프로그램을 선택해 주십시오.",
                    "organizationId",
                    retryable: false
                )
            );
        if (terms.Countries.Count > 0 && !terms.Countries.Contains(applicant.Country))
            reasons.Add(
                Against(
                    "country-not-eligible",
                    $"This programme is for organizations in: {string.Join(", ", terms.Countries)}. Choose another programme.",
                    $"이 프로그램은 다음 국가의 조직을 위한 것입니다: {string.Join(", ", terms.Countries)}. 다른 프로그램을 선택해 주십시오.",
                    "organizationId",
                    retryable: false
                )
            );
        CheckProofs(applicant, terms, reasons);
        if (terms.MinorsNeed == MinorsNeed.Confirmation)
            CheckAge(applicant.Age, reasons);
        if (terms.IsContradictory)
            reasons.Add(
                Against(
                    "nobody-eligible",
                    "The programme and those above it ask for kinds, countries or email domains that nobody has at once. "
                        + "Choose another programme.",
                    "이 프로그램과 상위 프로그램이 요구하는 조직 종류, 국가 또는 이메일 도메인을 함께 만족하는 조직이 없습니다. "
                        + "다른 프로그램을 선택해 주십시오.",
                    "programmeId",
                    retryable: true
                )
            );
    }

    private static void CheckProofs(Applicant applicant, ProgrammeTerms terms, List<Reason> reasons)
    {
        if (applicant.Verification < terms.Verification && !IsVouchedFor(applicant, terms))
            reasons.Add(
                Against(
                    "organization-not-verified",
                    $"This programme is for organizations verified by {English(terms.Verification)}. Yours is verified by "
                        + $"{English(applicant.Verification)}. {Next(applicant, terms.Verification)}",
                    $"이 프로그램은 {Korean(terms.Verification)}까지 확인된 조직을 위한 것입니다. 귀 조직은 "
                        + $"{Korean(applicant.Verification)}까지 확인되었습니다. {NextKorean(applicant, terms.Verification)}",
                    "organizationId",
                    retryable: true
                )
            );
        if (terms.EmailDomains.Count > 0 && !applicant.VerifiedEmailDomains.Any(domain => Admits(terms.EmailDomains, domain)))
            reasons.Add(
                Against(
                    "email-domain-not-eligible",
                    $"This programme asks for a verified email domain of this list: {string.Join(", ", terms.EmailDomains)}. "
                        + Next(applicant, VerificationLevel.Domain),
                    $"이 프로그램은 다음 이메일 도메인 중 하나가 확인되어야 합니다: {string.Join(", ", terms.EmailDomains)}. "
                        + NextKorean(applicant, VerificationLevel.Domain),
                    "organizationId",
                    retryable: true
                )
            );
    }

    /// <summary>Whether the tree takes a partner's word for the applicant. It stands for an e-mail address and for nothing more.</summary>
    private static bool IsVouchedFor(Applicant applicant, ProgrammeTerms terms) =>
        applicant is { Verification: VerificationLevel.Vouched, VouchedBy: { } partner, VouchedFor: { } root }
        && terms.Verification == VerificationLevel.Email
        && terms.RootProgrammeId == root
        && terms.TrustedPartners.Contains(partner);

    private static void CheckAge(AgeStanding age, List<Reason> reasons)
    {
        if (age == AgeStanding.NotStated)
            reasons.Add(
                Against(
                    "age-not-stated",
                    "This programme needs a confirmation for minors, and you have not stated your age. State the year of your birth, or that "
                        + "you are of age: PATCH /v1/me.",
                    "이 프로그램은 미성년자에게 확인을 요구하는데, 아직 나이를 알려 주지 않으셨습니다. PATCH /v1/me 로 출생 연도나 성년 여부를 알려 주십시오.",
                    "programmeId",
                    retryable: true
                )
            );
        if (age == AgeStanding.Minor)
            reasons.Add(
                Against(
                    "minor-not-confirmed",
                    "This programme needs a guardian's or a school's confirmation for minors. Ask a guardian: POST /v1/me/confirmations. Or ask "
                        + "an owner of your school's organization.",
                    "이 프로그램은 미성년자에게 보호자나 학교의 확인을 요구합니다. POST /v1/me/confirmations 로 보호자에게 요청하시거나 "
                        + "학교 조직의 소유자에게 요청해 주십시오.",
                    "programmeId",
                    retryable: true
                )
            );
    }

    private static string Next(Applicant applicant, VerificationLevel level) =>
        level == VerificationLevel.Email ? "Sign up with an e-mail address: POST /v1/sign-ups."
        : level == VerificationLevel.Domain ? $"Prove a domain: POST /v1/organizations/{applicant.OrganizationId}/domain-proofs."
        : "Ask a platform administrator to verify it.";

    private static string NextKorean(Applicant applicant, VerificationLevel level) =>
        level == VerificationLevel.Email ? "POST /v1/sign-ups 로 이메일 주소를 확인하여 가입해 주십시오."
        : level == VerificationLevel.Domain
            ? $"POST /v1/organizations/{applicant.OrganizationId}/domain-proofs 로 도메인을 확인해 주십시오."
        : "플랫폼 관리자에게 조직 확인을 요청해 주십시오.";

    private static string English(VerificationLevel level) =>
        level switch
        {
            VerificationLevel.Vouched => "the word of a portal",
            VerificationLevel.Email => "an e-mail address",
            VerificationLevel.Domain => "an e-mail domain",
            _ => "identity",
        };

    private static string Korean(VerificationLevel level) =>
        level switch
        {
            VerificationLevel.Vouched => "제휴 포털의 보증",
            VerificationLevel.Email => "이메일",
            VerificationLevel.Domain => "이메일 도메인",
            _ => "신원",
        };

    private static bool Admits(IReadOnlyList<string> admitted, string domain) => admitted.Any(one => NarrowedTerms.IsWithin(domain, one));

    private static string KoreanKind(string kind) =>
        kind switch
        {
            "startup" => "스타트업",
            "individual" => "개인",
            "student" => "학생",
            "school" => "학교",
            "university" => "대학교",
            "nonprofit" => "비영리 단체",
            "enterprise" => "기업",
            _ => kind,
        };

    private static Reason Against(string code, string message, string korean, string field, bool retryable) =>
        new()
        {
            Code = code,
            Message = message,
            MessageKo = korean,
            Field = field,
            Retryable = retryable,
        };
}

using System.Text.RegularExpressions;
using GpuGrants.People;
using GpuGrants.Requests;
using GpuGrants.Tests.Writing;

namespace GpuGrants.Tests.Requests;

public partial class EligibilityTests
{
    private static readonly DateTimeOffset Today = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private static readonly Applicant Startup = new()
    {
        OrganizationId = Guid.Empty,
        Kind = "startup",
        Country = "KR",
        Verification = VerificationLevel.Identity,
        VerifiedEmailDomains = ["lab.snu.ac.kr"],
        IsActive = true,
        IsLive = true,
    };

    private static readonly ProgrammeTerms Open = new()
    {
        ProgrammeId = Guid.Empty,
        IsActive = true,
        IsLive = true,
        StartsAt = Today,
        EndsAt = Today.AddDays(30),
        Kinds = [],
        Countries = [],
        EmailDomains = [],
        Verification = VerificationLevel.Email,
        MaxGrantDuration = TimeSpan.FromDays(90),
    };

    private static readonly ProgrammeTerms Grown = Open with { MinorsNeed = MinorsNeed.Confirmation };

    [Fact]
    public void An_open_programme_takes_everybody() => Assert.Empty(Codes(Startup, Open));

    [Fact]
    public void Each_condition_is_a_reason_of_its_own() =>
        Assert.Equal(
            ["kind-not-eligible", "country-not-eligible", "organization-not-verified", "email-domain-not-eligible"],
            Codes(
                Startup with
                {
                    Verification = VerificationLevel.Email,
                },
                Open with
                {
                    Kinds = ["student"],
                    Countries = ["DE"],
                    EmailDomains = ["tum.de"],
                    Verification = VerificationLevel.Domain,
                }
            )
        );

    [Theory]
    [InlineData("snu.ac.kr", true)]
    [InlineData("lab.snu.ac.kr", true)]
    [InlineData("u.ac.kr", false)]
    [InlineData("SNU.AC.KR", true)]
    public void A_domain_admits_its_subdomains_and_nothing_that_merely_ends_alike(string admitted, bool eligible) =>
        Assert.Equal(eligible, Codes(Startup, Open with { EmailDomains = [admitted] }).Length == 0);

    [Fact]
    public void The_first_moment_is_inside_a_programme_and_the_last_is_not()
    {
        Assert.Empty(Codes(Startup, Open, Today));
        Assert.Equal(["programme-not-started"], Codes(Startup, Open, Today.AddTicks(-1)));
        Assert.Equal(["programme-ended"], Codes(Startup, Open, Today.AddDays(30)));
    }

    [Fact]
    public void A_suspended_organization_gets_nothing() =>
        Assert.Equal(["organization-not-active"], Codes(Startup with { IsActive = false }, Open));

    [Fact]
    public void A_test_organization_cannot_draw_on_a_live_programme() =>
        Assert.Equal(["livemode-differs"], Codes(Startup with { IsLive = false }, Open));

    [Fact]
    public void A_grant_lasts_no_longer_than_the_programme_allows()
    {
        var reason = Assert.Single(Eligibility.Check(Startup, Open, TimeSpan.FromDays(91), Today));
        Assert.Equal(("duration-too-long", "durationDays", "90"), (reason.Code, reason.Field, reason.WouldPass));
        Assert.Equal("This programme awards grants for at most 90 days. You asked for 91. Ask for 90 days or fewer.", reason.Message);
    }

    [Fact]
    public void Every_reason_is_said_in_Korean_too()
    {
        var nothing = Startup with
        {
            Kind = "enterprise",
            IsActive = false,
            IsLive = false,
            Verification = VerificationLevel.Email,
            VerifiedEmailDomains = [],
        };
        var strict = Open with
        {
            IsActive = false,
            Kinds = ["student"],
            Countries = ["DE"],
            EmailDomains = ["tum.de"],
            Verification = VerificationLevel.Domain,
            IsContradictory = true,
        };
        DateTimeOffset[] moments = [Today.AddTicks(-1), Today.AddDays(30)];
        var reasons = moments
            .SelectMany(at => Eligibility.Check(nothing, strict, TimeSpan.FromDays(91), at))
            .Concat(Eligibility.Check(Startup with { Age = AgeStanding.NotStated }, Grown, TimeSpan.FromDays(1), Today))
            .Concat(Eligibility.Check(Startup with { Age = AgeStanding.Minor }, Grown, TimeSpan.FromDays(1), Today))
            .ToList();
        Assert.Equal(13, reasons.Select(reason => reason.Code).Distinct().Count());
        Assert.All(reasons, reason => Assert.Matches("[가-힣]", reason.MessageKo));
        Assert.All(reasons, reason => Assert.Empty(PlainEnglish.LongSentences(reason.Message)));
    }

    [Fact]
    public void Every_reason_is_in_English_and_in_Korean()
    {
        var terms = Open with
        {
            IsActive = false,
            IsFrozen = true,
            StartsAt = Today.AddDays(2),
            EndsAt = Today,
            Kinds = ["student"],
            Countries = ["DE"],
            EmailDomains = ["tum.de"],
            Verification = VerificationLevel.Domain,
            IsContradictory = true,
        };
        var reasons = Eligibility.Check(
            Startup with
            {
                Verification = VerificationLevel.Email,
                IsActive = false,
                IsLive = false,
            },
            terms,
            TimeSpan.FromDays(91),
            Today.AddDays(1)
        );
        foreach (var age in (AgeStanding[])[AgeStanding.NotStated, AgeStanding.Minor])
            reasons.AddRange(Eligibility.Check(Startup with { Age = age }, Grown, TimeSpan.FromDays(1), Today));
        var source = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Eligibility.cs"));
        Assert.All(
            Code().Matches(source).Select(match => match.Groups[1].Value),
            code => Assert.Contains(reasons, reason => reason.Code == code)
        );
        Assert.All(reasons, reason => Assert.DoesNotContain(reason.Message, letter => IsHangul(letter)));
        Assert.All(reasons, reason => Assert.Contains(reason.MessageKo, letter => IsHangul(letter)));
    }

    [Fact]
    public void A_programme_that_needs_a_confirmation_admits_whoever_is_of_age_or_confirmed()
    {
        foreach (var age in Enum.GetValues<AgeStanding>())
        {
            Assert.Empty(Codes(Startup with { Age = age }, Open));
            Assert.Equal(
                age switch
                {
                    AgeStanding.NotStated => ["age-not-stated"],
                    AgeStanding.Minor => ["minor-not-confirmed"],
                    _ => [],
                },
                Codes(Startup with { Age = age }, Grown)
            );
        }
    }

    private static bool IsHangul(char letter) => letter is >= '가' and <= '힣';

    /// <summary>What looks like a reason's code in the source.</summary>
    [GeneratedRegex("\"([a-z]+(?:-[a-z]+)+)\"")]
    private static partial Regex Code();

    private static string[] Codes(Applicant applicant, ProgrammeTerms terms, DateTimeOffset? at = null) =>
        [.. Eligibility.Check(applicant, terms, TimeSpan.FromDays(30), at ?? Today.AddDays(1)).Select(reason => reason.Code)];
}

using CsCheck;
using GpuGrants.People;
using GpuGrants.Requests;

namespace GpuGrants.Tests.Requests;

public class NarrowedTermsTests
{
    private static readonly DateTimeOffset Today = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Kinds = ["startup", "student", "school"];
    private static readonly string[] Countries = ["KR", "DE"];
    private static readonly string[] Domains = ["ac.kr", "snu.ac.kr", "tum.de"];

    private static readonly Gen<ProgrammeTerms> AnyTerms = Gen.Select(
        Gen.Shuffle(Kinds, 0, 3),
        Gen.Shuffle(Countries, 0, 2),
        Gen.Shuffle(Domains, 0, 3),
        Gen.Bool,
        Gen.Int[0, 4],
        Gen.Int[5, 9],
        Gen.Int[1, 4],
        Gen.Bool,
        (kinds, countries, domains, verified, start, end, days, needs) =>
            new ProgrammeTerms
            {
                ProgrammeId = Guid.Empty,
                IsActive = true,
                IsLive = true,
                StartsAt = Today.AddDays(start),
                EndsAt = end == 9 ? null : Today.AddDays(end),
                Kinds = kinds,
                Countries = countries,
                EmailDomains = domains,
                Verification = verified ? VerificationLevel.Domain : VerificationLevel.Email,
                MinorsNeed = needs ? MinorsNeed.Confirmation : MinorsNeed.Nothing,
                MaxGrantDuration = TimeSpan.FromDays(days),
            }
    );

    private static readonly Gen<Applicant> AnyApplicant = Gen.Select(
        Gen.OneOfConst(Kinds),
        Gen.OneOfConst(Countries),
        Gen.OneOfConst(Domains),
        Gen.Bool,
        Gen.Enum<AgeStanding>(),
        (kind, country, domain, verified, age) =>
            new Applicant
            {
                OrganizationId = Guid.Empty,
                Kind = kind,
                Country = country,
                Verification = verified ? VerificationLevel.Domain : VerificationLevel.Email,
                VerifiedEmailDomains = [domain],
                Age = age,
                IsActive = true,
                IsLive = true,
            }
    );

    [Fact]
    public void An_applicant_may_apply_exactly_when_it_may_apply_to_each_programme_of_the_path() =>
        Gen.Select(AnyTerms.List[1, 4], AnyApplicant, Gen.Int[0, 9], Gen.Int[1, 4])
            .Sample(
                (path, applicant, day, days) =>
                {
                    bool Admits(ProgrammeTerms terms) =>
                        Eligibility.Check(applicant, terms, TimeSpan.FromDays(days), Today.AddDays(day)).Count == 0;
                    return Admits(NarrowedTerms.Along(path)) == path.All(Admits);
                },
                iter: 20_000
            );

    [Fact]
    public void One_programme_of_the_path_that_takes_no_requests_stops_those_below() =>
        Assert.False(NarrowedTerms.Along([Open(), Open() with { IsActive = false }, Open()]).IsActive);

    [Theory]
    [InlineData("ac.kr", "ac.kr", true)]
    [InlineData("snu.ac.kr", "ac.kr", true)]
    [InlineData("ac.kr", "snu.ac.kr", false)]
    [InlineData("notac.kr", "ac.kr", false)]
    public void A_domain_lies_within_itself_and_what_it_is_a_part_of(string domain, string other, bool within) =>
        Assert.Equal(within, NarrowedTerms.IsWithin(domain, other));

    private static ProgrammeTerms Open() =>
        new()
        {
            ProgrammeId = Guid.Empty,
            IsActive = true,
            IsLive = true,
            StartsAt = Today,
            EndsAt = null,
            Kinds = [],
            Countries = [],
            EmailDomains = [],
            Verification = VerificationLevel.Email,
            MaxGrantDuration = TimeSpan.FromDays(90),
        };
}

using CsCheck;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Tests.Writing;
using GpuGrants.Units;

namespace GpuGrants.Tests.Requests;

public class AwardConditionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly Rate One = Rate.FromMillicredits(1_000);

    private static readonly Applicant Startup = new()
    {
        OrganizationId = Guid.Empty,
        Kind = "startup",
        Country = "KR",
        Verification = VerificationLevel.Identity,
        VerifiedEmailDomains = [],
        IsActive = true,
        IsLive = true,
    };

    private static readonly ProgrammeTerms Terms = new()
    {
        ProgrammeId = Guid.Empty,
        IsActive = true,
        IsLive = true,
        StartsAt = Now,
        EndsAt = Now.AddDays(60),
        Kinds = [],
        Countries = [],
        EmailDomains = [],
        Verification = VerificationLevel.Email,
        MaxGrantDuration = TimeSpan.FromDays(90),
    };

    private static readonly Offer Offer = new()
    {
        Id = Guid.Empty,
        ProgrammeId = Guid.Empty,
        ProviderId = Guid.Empty,
        GpuModelId = "h100",
        GpuClass = "datacenter",
        GpuMemoryGib = 80,
        Region = "kr",
        MinSize = Hours(10),
        MaxSize = Hours(50),
        MaxGpus = 8,
        StartsAt = Now,
        EndsAt = Now.AddDays(40),
        IsOpen = true,
        CapacityAccountId = Guid.Empty,
        Rates = [new DatedRate(Now, One)],
    };

    private static readonly Supply Plenty = new(Offer, One, Hours(100), One.CostOf(Hours(100)));

    private static readonly OfferAsk Ask = new()
    {
        Time = Hours(20),
        Gpus = 4,
        GpuModels = [],
        StartsAt = Now,
        EndsAt = Now.AddDays(30),
    };

    [Fact]
    public void An_ask_that_meets_everything_has_nothing_against_it() => Assert.Empty(Against(Plenty, Ask));

    [Fact]
    public void Each_condition_of_an_offer_is_a_reason_of_its_own()
    {
        Assert.Equal(["offer-not-open"], Codes(Plenty with { Offer = Offer with { IsOpen = false } }, Ask));
        Assert.Equal(["offer-not-open"], Codes(null, Ask));
        Assert.Equal(["too-many-gpus"], Codes(Plenty, Ask with { Gpus = 9 }));
        Assert.Equal(["offer-too-large"], Codes(Plenty, Ask with { Time = Hours(9) }));
        Assert.Equal(["offer-too-small"], Codes(Plenty, Ask with { Time = Hours(51) }));
        Assert.Equal(["capacity-exhausted"], Codes(Plenty with { Capacity = Hours(19) }, Ask));
        Assert.Equal(["budget-exhausted"], Codes(Plenty with { Budget = One.CostOf(Hours(19)) }, Ask));
        Assert.Equal(["grant-outside-offer"], Codes(Plenty, Ask with { EndsAt = Now.AddDays(40).AddTicks(1) }));
        Assert.Equal(["grant-outside-offer"], Codes(Plenty with { Offer = Offer with { StartsAt = Now.AddTicks(1) } }, Ask));
    }

    [Fact]
    public void A_grant_lies_within_its_programme_to_the_last_moment()
    {
        var late = Ask with { StartsAt = Now.AddDays(31), EndsAt = Now.AddDays(61) };
        var reason = Assert.Single(AwardConditions.AgainstApplicant(Startup, Terms, late, Now));
        Assert.Equal(("grant-outside-programme", "durationDays", "29"), (reason.Code, reason.Field, reason.WouldPass));
        Assert.Empty(AwardConditions.AgainstApplicant(Startup, Terms, late with { EndsAt = Now.AddDays(60) }, Now));
        var after = Ask with { StartsAt = Now.AddDays(60), EndsAt = Now.AddDays(61) };
        Assert.Equal("startsAt", Assert.Single(AwardConditions.AgainstApplicant(Startup, Terms, after, Now)).Field);
    }

    [Fact]
    public void An_ended_programme_is_one_reason_and_not_two() =>
        Assert.Equal(
            ["programme-ended"],
            AwardConditions.AgainstApplicant(Startup, Terms with { IsActive = false, EndsAt = Now }, Ask, Now).Select(reason => reason.Code)
        );

    [Fact]
    public void Every_reason_has_a_rule_of_its_own_and_is_said_in_Korean()
    {
        var reasons = new[]
        {
            Against(null, Ask),
            Against(Plenty, Ask with { Gpus = 9, Time = Hours(9), StartsAt = Now.AddDays(40), EndsAt = Now.AddDays(40.5) }),
            Against(new Supply(Offer, One, Hours(1), One.CostOf(Hours(2))), Ask with { Time = Hours(51), EndsAt = Now.AddDays(70) }),
        }.SelectMany(one => one);
        Assert.All(
            reasons,
            reason =>
            {
                Assert.Matches("[가-힣]", reason.MessageKo);
                Assert.StartsWith(reason.Rule, reason.Message, StringComparison.Ordinal);
                Assert.True(reason.Rule.Length < reason.Message.Length, reason.Message);
                Assert.Empty(PlainEnglish.LongSentences(reason.Message));
            }
        );
    }

    [Fact]
    public void The_most_of_an_ask_is_never_above_it_and_always_passes() =>
        Gen.Select(Gen.Long[1, 8_000], Gen.Long[0, 8_000], Gen.Long[0, 8_000], Gen.Long[0, 8_000])
            .Sample(
                (asked, quotas, capacity, budget) =>
                {
                    var supply = new Supply(Offer, One, Steps(capacity), One.CostOf(Steps(budget)));
                    var most = supply.MostOf(Steps(asked), Steps(quotas));
                    Assert.True(most <= Steps(asked) && most <= Steps(quotas));
                    if (!most.IsZero)
                        Assert.Empty(Against(supply, Ask with { Time = most }));
                }
            );

    private static List<Reason> Against(Supply? supply, OfferAsk ask) =>
        [.. AwardConditions.AgainstApplicant(Startup, Terms, ask, Now), .. AwardConditions.AgainstOffer(supply, ask, GpuTime.Zero)];

    private static IEnumerable<string> Codes(Supply? supply, OfferAsk ask) => Against(supply, ask).Select(reason => reason.Code);

    private static GpuTime Hours(long hours) => GpuTime.FromSeconds(hours * 3_600);

    private static GpuTime Steps(long steps) => GpuTime.FromSeconds(steps * GpuTime.StepSeconds);
}

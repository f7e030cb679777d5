using CsCheck;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Tests.Offers;

public class StandingTermsTests
{
    private static readonly DateTimeOffset Today = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly Guid Provider = new("0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d");

    private static readonly StandingTerms Terms = new()
    {
        ProviderId = Provider,
        GpuModelId = "h100",
        Regions = ["kr"],
        MaxRate = Rate.FromMillicredits(2_000),
        Capacity = GpuTime.FromSeconds(100),
        Taken = GpuTime.FromSeconds(40),
        StartsAt = Today,
        EndsAt = Today.AddDays(30),
        IsActive = true,
    };

    private static readonly OfferTerms Asked = new(
        Provider,
        "h100",
        "kr",
        Today,
        Today.AddDays(30),
        Rate.FromMillicredits(2_000),
        GpuTime.FromSeconds(60),
        86_400,
        ProviderApproves: false
    );

    private static readonly Dictionary<string, OfferTerms> Beyond = new()
    {
        ["provider"] = Asked with { ProviderId = Guid.Empty },
        ["model"] = Asked with { GpuModelId = "t4" },
        ["region"] = Asked with { Region = "eu" },
        ["start"] = Asked with { StartsAt = Today.AddSeconds(-1) },
        ["end"] = Asked with { EndsAt = Today.AddDays(31) },
        ["no end"] = Asked with { EndsAt = null },
        ["rate"] = Asked with { Rate = Rate.FromMillicredits(2_001) },
        ["capacity"] = Asked with { More = GpuTime.FromSeconds(61) },
        ["approval by the provider"] = Asked with { ProviderApproves = true },
        ["settlement period"] = Asked with { SettlementSeconds = 86_401 },
    };

    public static TheoryData<string> Bounds { get; } = [.. Beyond.Keys];

    [Fact]
    public void An_offer_at_every_bound_lies_within() => Assert.True(Terms.Admit(Asked));

    [Theory]
    [MemberData(nameof(Bounds))]
    public void An_offer_beyond_one_bound_lies_outside(string bound) => Assert.False(Terms.Admit(Beyond[bound]));

    [Fact]
    public void Ended_terms_admit_nothing() => Assert.False((Terms with { IsActive = false }).Admit(Asked));

    [Fact]
    public void Terms_without_regions_or_an_end_admit_all_of_them() =>
        Assert.True((Terms with { Regions = [], EndsAt = null }).Admit(Asked with { Region = "eu", EndsAt = null }));

    [Fact]
    public void Whoever_asks_for_less_is_admitted_too() =>
        Gen.Select(Gen.Long[0, 120], Gen.Long[0, 3_000], Gen.Int[0, 40])
            .Sample(
                (seconds, rate, days) =>
                {
                    var asked = Asked with
                    {
                        More = GpuTime.FromSeconds(seconds),
                        Rate = Rate.FromMillicredits(rate),
                        EndsAt = Today.AddDays(days),
                    };
                    var less = asked with
                    {
                        More = GpuTime.FromSeconds(seconds / 2),
                        Rate = Rate.FromMillicredits(rate / 2),
                        EndsAt = Today.AddDays(days / 2),
                    };
                    return !Terms.Admit(asked) || Terms.Admit(less);
                }
            );
}

using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Tests.Offers;

public class NearMissTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly Guid Programme = Guid.NewGuid();

    private static readonly Offer Offer = new()
    {
        Id = Guid.NewGuid(),
        ProgrammeId = Programme,
        ProviderId = Guid.NewGuid(),
        GpuModelId = "h100",
        GpuClass = "datacenter",
        GpuMemoryGib = 80,
        Region = "kr",
        MinSize = GpuTime.Zero,
        MaxSize = null,
        MaxGpus = 8,
        StartsAt = Now,
        EndsAt = Now.AddDays(20),
        IsOpen = true,
        CapacityAccountId = Guid.NewGuid(),
        Rates = [new DatedRate(Now, Rate.FromMillicredits(1_000))],
    };

    private static readonly OfferAsk Ask = new()
    {
        Time = GpuTime.FromSeconds(3_600),
        Gpus = 8,
        GpuModels = ["h100"],
        MinGpuMemoryGib = 80,
        Region = "kr",
        StartsAt = Now,
        EndsAt = Now.AddDays(20),
    };

    public static TheoryData<string, string> Changes =>
        new()
        {
            { "gpuModels", "h100" },
            { "minGpuMemoryGib", "80" },
            { "region", "kr" },
            { "gpus", "8" },
            { "durationDays", "20" },
        };

    [Theory]
    [MemberData(nameof(Changes))]
    public void One_field_that_does_not_suit_is_named_with_a_value_that_suits(string field, string value)
    {
        var miss = Assert.Single(Misses(Broken(Ask, field)));
        Assert.Equal((field, value), (miss.Field, miss.Value));
        Assert.Single(OfferMatching.Suitable([Offer], [Programme], miss.Ask, Now));
    }

    [Fact]
    public void A_start_before_the_offer_is_moved_to_its_start()
    {
        var miss = Assert.Single(Misses(Ask with { StartsAt = Now.AddDays(-1), EndsAt = Now.AddDays(5) }));
        Assert.Equal(("startsAt", Now, Now.AddDays(6)), (miss.Field, miss.Ask.StartsAt, miss.Ask.EndsAt));
    }

    [Fact]
    public void An_offer_that_suits_or_lacks_two_things_or_has_no_day_left_is_no_near_miss()
    {
        Assert.Empty(Misses(Ask));
        Assert.Empty(Misses(Broken(Broken(Ask, "region"), "gpus")));
        Assert.Empty(Misses(Ask with { StartsAt = Now.AddDays(19.5), EndsAt = Now.AddDays(30) }));
    }

    private static List<NearMiss> Misses(OfferAsk ask) => OfferMatching.NearMisses([Offer], [Programme], ask, Now);

    private static OfferAsk Broken(OfferAsk ask, string field) =>
        field switch
        {
            "gpuModels" => ask with { GpuModels = ["a100"] },
            "minGpuMemoryGib" => ask with { MinGpuMemoryGib = 141 },
            "region" => ask with { Region = "eu" },
            "gpus" => ask with { Gpus = 9 },
            _ => ask with { EndsAt = Now.AddDays(20).AddTicks(1) },
        };
}

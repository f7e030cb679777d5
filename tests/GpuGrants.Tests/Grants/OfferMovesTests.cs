using GpuGrants.Grants;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Tests.Grants;

/// <summary>A grant goes on at the same price or better, on GPUs that its people accept, or not at all.</summary>
public class OfferMovesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly Offer Other = new()
    {
        Id = Guid.NewGuid(),
        ProgrammeId = Guid.NewGuid(),
        ProviderId = Guid.NewGuid(),
        GpuModelId = "h100",
        GpuClass = "training",
        GpuMemoryGib = 80,
        Region = "kr",
        MinSize = GpuTime.Zero,
        MaxSize = null,
        MaxGpus = 8,
        StartsAt = Now.AddDays(-1),
        EndsAt = Now.AddDays(30),
        IsOpen = true,
        CapacityAccountId = Guid.NewGuid(),
        Rates = [new DatedRate(Now.AddDays(-1), Rate.FromMillicredits(1_000))],
    };

    private static readonly MovedAsk Ask = new(
        Guid.NewGuid(),
        "h100",
        ["h100"],
        GpuTime.FromSeconds(36_000),
        new GrantLife(Now, Now.AddDays(10), 2),
        Rate.FromMillicredits(1_000)
    );

    [Fact]
    public void An_offer_like_the_old_one_takes_it() => Assert.Empty(Codes(Other, Ask));

    [Fact]
    public void Every_reason_against_it_is_named()
    {
        Assert.Equal(["grant-there-already"], Codes(Other, Ask with { OfferId = Other.Id }));
        Assert.Equal(["offer-not-open"], Codes(Other with { IsOpen = false }, Ask));
        Assert.Equal(["offer-not-open"], Codes(Other with { Rates = [] }, Ask));
        Assert.Equal(["provider-approves"], Codes(Other with { ProviderApproves = true }, Ask));
        Assert.Equal(["organization-not-served"], Codes(Other with { Kinds = ["school"] }, Ask with { Kind = "startup" }));
        Assert.Equal(["offer-rate-higher"], Codes(Other, Ask with { Rate = Rate.FromMillicredits(999) }));
        Assert.Equal(["too-many-gpus"], Codes(Other with { MaxGpus = 1 }, Ask));
        Assert.Equal(["grant-outside-offer"], Codes(Other with { EndsAt = Now.AddDays(9) }, Ask));
        Assert.Equal(["grant-outside-offer"], Codes(Other with { StartsAt = Now.AddDays(1) }, Ask));
        Assert.Equal(["capacity-exhausted"], Codes(Other, Ask, free: 35_999));
    }

    [Fact]
    public void Another_model_is_taken_where_its_people_accept_it()
    {
        var b200 = Other with { GpuModelId = "b200" };
        Assert.Equal(["gpu-model-not-accepted"], Codes(b200, Ask));
        Assert.Empty(Codes(b200, Ask with { Accepted = ["h100", "b200"] }));
        Assert.Empty(Codes(b200, Ask with { Accepted = [] }));
    }

    private static List<string> Codes(Offer offer, MovedAsk ask, long free = 36_000) =>
        [.. OfferMoves.Against(offer, ask, GpuTime.FromSeconds(free), Now).Select(reason => reason.Code)];
}

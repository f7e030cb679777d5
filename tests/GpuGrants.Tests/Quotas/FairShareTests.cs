using CsCheck;

namespace GpuGrants.Tests.Quotas;

public class FairShareTests
{
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    [Theory]
    [InlineData(0, 1_000)]
    [InlineData(3.5, 750)]
    [InlineData(7, 500)]
    [InlineData(14, 250)]
    [InlineData(21, 125)]
    [InlineData(10_000, 0)]
    [InlineData(-1, 1_000)]
    public void Past_use_halves_with_every_half_life(double days, long weighs) =>
        Assert.Equal(weighs, FairShare.Decayed(1_000, Quota.Noon.AddDays(-days), Week, Quota.Noon));

    [Fact]
    public void Older_use_never_weighs_more() =>
        Gen.Select(Gen.Long[0, QuotaUnits.MaxLimit], Gen.Long[0, 400_000_000], Gen.Long[0, 400_000_000])
            .Sample(
                (amount, one, other) =>
                {
                    long At(long seconds) => FairShare.Decayed(amount, Quota.Noon.AddSeconds(-seconds), Week, Quota.Noon);
                    Assert.True(At(Math.Max(one, other)) <= At(Math.Min(one, other)));
                }
            );

    [Fact]
    public void The_claimant_with_the_least_use_for_its_weight_is_served_first()
    {
        var claims = new Dictionary<Guid, ShareClaim> { [Quota.Organization] = new(1, 100), [Quota.Other] = new(3, 200) };
        Assert.Equal(
            [Quota.Root, Quota.Other, Quota.Organization],
            Claimants(claims, Waits(Quota.Organization, 0), Waits(Quota.Other, 1), Waits(Quota.Root, 2))
        );
    }

    [Fact]
    public void What_is_served_counts_so_that_equals_take_turns()
    {
        var claims = new Dictionary<Guid, ShareClaim>();
        Assert.Equal(
            [Quota.Organization, Quota.Other, Quota.Organization, Quota.Organization],
            Claimants(
                claims,
                Waits(Quota.Organization, 0),
                Waits(Quota.Organization, 1),
                Waits(Quota.Organization, 2),
                Waits(Quota.Other, 3)
            )
        );
    }

    [Fact]
    public void A_double_weight_is_served_twice_as_often()
    {
        var claims = new Dictionary<Guid, ShareClaim> { [Quota.Organization] = new(2, 0), [Quota.Other] = new(1, 0) };
        var waiting = Enumerable.Range(0, 60).Select(i => Waits(i % 2 == 0 ? Quota.Organization : Quota.Other, i)).ToArray();
        Assert.Equal(20, Claimants(claims, waiting).Take(30).Count(one => one == Quota.Organization));
    }

    [Fact]
    public void Weight_zero_is_served_after_all_others()
    {
        var claims = new Dictionary<Guid, ShareClaim> { [Quota.Organization] = new(0, 0), [Quota.Other] = new(1, 1_000_000) };
        Assert.Equal(
            [Quota.Root, Quota.Other, Quota.Other, Quota.Organization],
            Claimants(claims, Waits(Quota.Organization, 0), Waits(Quota.Other, 1), Waits(Quota.Other, 2), Waits(Quota.Root, 3))
        );
    }

    [Fact]
    public void Everybody_is_ordered_once_and_the_order_of_arrival_of_the_list_does_not_matter() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[0, 100])
            .Array[0, 30]
            .Sample(all =>
            {
                var waiting = all.Select(
                        (one, i) =>
                            Waits(new Guid(one.Item1, 0, 0, new byte[8]), one.Item2, one.Item3) with
                            {
                                RequestId = new Guid(i, 0, 0, new byte[8]),
                            }
                    )
                    .ToArray();
                var claims = new Dictionary<Guid, ShareClaim> { [Guid.Empty] = new(5, 50) };
                var order = FairShare.Order(waiting, claims);
                Assert.Equal(order, FairShare.Order(waiting.Reverse(), claims));
                Assert.Equal(waiting.OrderBy(one => one.RequestId), order.OrderBy(one => one.RequestId));
            });

    [Theory]
    [InlineData(new long[0], 1)]
    [InlineData(new long[] { 0, 0 }, 1)]
    [InlineData(new long[] { 7, 7, 7 }, 1)]
    [InlineData(new long[] { 9, 0, 0 }, 1 / 3.0)]
    public void Jains_index_goes_from_one_of_n_to_one(long[] amounts, double index) => Assert.Equal(index, FairnessIndex.Jain(amounts), 9);

    private static WaitingRequest Waits(Guid claimant, int minute, long amount = 10) =>
        new(new Guid(minute, 0, 0, new byte[8]), claimant, amount, Quota.Noon.AddMinutes(minute));

    private static IEnumerable<Guid> Claimants(Dictionary<Guid, ShareClaim> claims, params WaitingRequest[] waiting) =>
        FairShare.Order(waiting, claims).Select(one => one.Claimant);
}

using CsCheck;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Tests.Offers;

public class OfferMatchingTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly Guid Programme = Guid.NewGuid();
    private static readonly string[] Models = ["h100", "a100", "l4"];
    private static readonly string[] Kinds = ["startup", "student", "school"];

    /// <summary>What an offer is made of, as plain numbers.</summary>
    private sealed record Parts(
        int Model,
        int Memory,
        int Region,
        int Gpus,
        int StartDay,
        int EndDay,
        bool IsOpen,
        int Kinds,
        int Rate,
        int Id
    );

    private static readonly Gen<Parts> AnyParts = Gen.Select(
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, 3], Gen.Int[0, 1], Gen.Int[1, 4]),
        Gen.Select(Gen.Int[-2, 3], Gen.Int[4, 12], Gen.Int[0, 5], Gen.Int[0, 7]),
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 1_000_000]),
        (a, b, c) => new Parts(a.Item1, a.Item2, a.Item3, a.Item4, b.Item1, b.Item2, b.Item3 > 0, b.Item4, c.Item1, c.Item2)
    );

    private sealed record Want(int Models, int Memory, int Region, int Gpus, int StartDay, int Days, int Kind);

    private static readonly Gen<Want> AnyWant = Gen.Select(
        Gen.Select(Gen.Int[0, 7], Gen.Int[1, 3], Gen.Int[0, 2], Gen.Int[1, 4]),
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 10], Gen.Int[0, 2]),
        (a, b) => new Want(a.Item1, a.Item2, a.Item3, a.Item4, b.Item1, b.Item2, b.Item3)
    );

    [Fact]
    public void The_first_offer_has_the_lowest_price_of_all_that_a_search_by_hand_finds() =>
        Gen.Select(AnyParts.Array[0, 12], AnyWant)
            .Sample(
                (parts, want) =>
                {
                    var offers = parts.Select(Make).ToList();
                    var found = OfferMatching.Suitable(offers, [Programme], Ask(want), Now);
                    var byHand = parts.Where(one => SuitsByHand(one, want)).ToList();
                    Assert.Equal(byHand.Count, found.Count);
                    Assert.Equal(byHand.Select(one => one.Rate).Order(), found.Select(one => (int)one.Rate.MillicreditsPerGpuHour));
                    var shuffled = OfferMatching.Suitable([.. offers.AsEnumerable().Reverse()], [Programme], Ask(want), Now);
                    Assert.Equal(found.Select(one => one.Offer.Id), shuffled.Select(one => one.Offer.Id));
                    foreach (var offer in offers)
                        Assert.Equal(
                            OfferMatching.Mismatch(offer, Ask(want), Now) is null,
                            found.Exists(one => ReferenceEquals(one.Offer, offer))
                        );
                }
            );

    [Fact]
    public void In_a_fair_programme_no_provider_goes_before_one_that_has_promised_a_smaller_part() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 5], Gen.Int[0, 100], Gen.Int[1, 3])
            .Array[1, 9]
            .Sample(rows =>
            {
                var providers = Enumerable.Range(0, 4).Select(_ => Guid.NewGuid()).ToArray();
                var offers = rows.Select(
                        (row, i) =>
                            Make(new Parts(0, 1, 0, 1, 0, 9, true, 7, row.Item4, i)) with
                            {
                                ProviderId = providers[row.Item1],
                                Capacity = GpuTime.FromSeconds(row.Item2 * 100),
                            }
                    )
                    .ToList();
                var left = offers.Zip(rows, (offer, row) => (offer.Id, Left: row.Item2 * 100 * row.Item3 / 100L)).ToDictionary();
                var order = offers.ConvertAll(offer => new OfferMatching.Match(offer, offer.RateAt(Now)!.Value));
                FairOrder.Sort(order, offers, offer => left[offer.Id]);
                var parts = providers
                    .Where(one => offers.Exists(offer => offer.ProviderId == one))
                    .ToDictionary(
                        one => one,
                        one =>
                            1m
                            - (
                                offers.Where(offer => offer.ProviderId == one).Sum(offer => (decimal)left[offer.Id])
                                / offers.Where(offer => offer.ProviderId == one).Sum(offer => (decimal)offer.Capacity.Seconds)
                            )
                    );
                for (var i = 1; i < order.Count; i++)
                {
                    var (before, after) = (order[i - 1], order[i]);
                    var difference = parts[after.Offer.ProviderId] - parts[before.Offer.ProviderId];
                    Assert.True(difference > -0.000_000_001m);
                    if (before.Offer.ProviderId == after.Offer.ProviderId)
                        Assert.True(before.Rate.CompareTo(after.Rate) <= 0);
                }
            });

    [Fact]
    public void A_provider_without_gpu_time_comes_last()
    {
        Assert.True(new PromisedShare(0, 0) > new PromisedShare(100, 100));
        Assert.True(new PromisedShare(1, 3) < new PromisedShare(2, 5));
        Assert.Equal(0, new PromisedShare(1, 3).CompareTo(new PromisedShare(2, 6)));
        Assert.True(new PromisedShare(long.MaxValue - 1, long.MaxValue) < new PromisedShare(1, 1));
    }

    private static Offer Make(Parts parts) =>
        new()
        {
            Id = new Guid(parts.Id, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]),
            ProgrammeId = Programme,
            ProviderId = Guid.NewGuid(),
            GpuModelId = Models[parts.Model],
            GpuClass = "datacenter",
            GpuMemoryGib = parts.Memory * 10,
            Region = $"r{parts.Region}",
            MinSize = GpuTime.Zero,
            MaxSize = null,
            MaxGpus = parts.Gpus,
            StartsAt = Now.AddDays(parts.StartDay),
            EndsAt = parts.EndDay > 10 ? null : Now.AddDays(parts.EndDay),
            IsOpen = parts.IsOpen,
            Kinds = parts.Kinds == 7 ? [] : [.. Kinds.Where((_, i) => (parts.Kinds & (1 << i)) != 0)],
            CapacityAccountId = Guid.NewGuid(),
            Rates = [new DatedRate(Now.AddDays(-5), Rate.FromMillicredits(parts.Rate))],
        };

    private static OfferAsk Ask(Want want) =>
        new()
        {
            Time = GpuTime.FromSeconds(3_600),
            Gpus = want.Gpus,
            GpuModels = [.. Models.Where((_, i) => (want.Models & (1 << i)) != 0)],
            MinGpuMemoryGib = want.Memory * 10,
            Region = want.Region == 2 ? null : $"r{want.Region}",
            Kind = Kinds[want.Kind],
            Country = "KR",
            StartsAt = Now.AddDays(want.StartDay),
            EndsAt = Now.AddDays(want.StartDay + want.Days),
        };

    /// <summary>The rules as a table of numbers, written without the engine's.</summary>
    private static bool SuitsByHand(Parts one, Want want)
    {
        bool[] rules =
        [
            one.IsOpen,
            want.Models == 0 || (want.Models >> one.Model) % 2 == 1,
            one.Memory >= want.Memory,
            want.Region == 2 || want.Region == one.Region,
            one.Gpus >= want.Gpus,
            one.StartDay <= want.StartDay,
            one.EndDay > 10 || one.EndDay >= want.StartDay + want.Days,
            one.Kinds is 0 or 7 || (one.Kinds >> want.Kind) % 2 == 1,
        ];
        return rules.All(rule => rule);
    }
}

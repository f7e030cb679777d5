using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>What a programme pays is what its administrator read when accepting, whatever providers do before and after.</summary>
public sealed class ConsentProperties
{
    private const decimal Budget = 1_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_credits_leave_a_budget_for_what_was_not_accepted(int seed)
    {
        await using var world = await TestWorld.StartAsync();
        var market = await Market.OpenAsync(world, new Random(seed));
        for (var step = 0; step < 120; step++)
            await market.StepAsync();
        Assert.True(market.Granted > 2, "The story grants too little.");
        Assert.Equal(Budget - market.Spent, await world.Balance(market.Programme, "budget"));
    }

    /// <summary>Two providers, two applicants and an administrator who reads before accepting.</summary>
    private sealed class Market
    {
        private readonly TestWorld _world;
        private readonly Random _random;
        private readonly List<(Guid Id, Person Operator)> _offers = [];
        private readonly Dictionary<Guid, (decimal Rate, decimal Hours)> _accepted = [];
        private readonly Dictionary<Guid, decimal> _granted = [];
        private (Guid Id, Person Operator)[] _providers = [];
        private Person[] _applicants = [];

        private Market(TestWorld world, Random random) => (_world, _random) = (world, random);

        public Guid Programme { get; private set; }

        public int Granted { get; private set; }

        /// <summary>Credits, by the rates that were accepted.</summary>
        public decimal Spent { get; private set; }

        public static async Task<Market> OpenAsync(TestWorld world, Random random)
        {
            await world.GpuModel();
            return new Market(world, random)
            {
                Programme = await world.Programme(Budget),
                _providers = [await world.Provider(), await world.Provider("Other Cloud")],
                _applicants = [(await world.Organization()).Owner, (await world.Organization(name: "Another")).Owner],
            };
        }

        public async Task StepAsync()
        {
            var what = _random.Next(14);
            if (what == 0 || _offers.Count == 0)
            {
                var (provider, @operator) = Any(_providers);
                var offer = await @operator.Propose(Programme, provider, _random.Next(1, 20), _random.Next(1, 6));
                _offers.Add((offer.Expect(HttpStatusCode.Created).Id, @operator));
                return;
            }

            var (id, by) = Any(_offers);
            var path = $"/v1/offers/{id}";
            var some = _random.Next(1, 10);
            await (
                what switch
                {
                    1 => by.Post($"{path}/rates", new { rate = some }),
                    2 => by.Post($"{path}/rates", new { rate = some, effectiveFrom = _world.Now.AddHours(_random.Next(1, 40)) }),
                    3 => by.Post($"{path}/add-capacity", new { gpuHours = some }),
                    4 => by.Post($"{path}/withdraw-capacity", new { gpuHours = some }),
                    5 => by.Patch(path, new { status = _random.Next(3) == 0 ? "paused" : "open" }, ("If-Match", "*")),
                    6 => AcceptAloneAsync(by, path),
                    7 or 12 or 13 => AcceptAsync(id),
                    8 when some == 1 => _world.Admin.Post($"{path}/reject", new { reason = "Too dear" }, ("If-Match", "*")),
                    9 => PassAsync(),
                    _ => AskAsync(some),
                }
            );
        }

        private static async Task<Reply> AcceptAloneAsync(Person by, string path) =>
            (await by.Post($"{path}/accept", new { }, ("If-Match", "*"))).Expect(HttpStatusCode.Forbidden);

        /// <summary>The administrator accepts exactly what they read.</summary>
        private async Task<Reply> AcceptAsync(Guid id)
        {
            var read = await _world.Admin.Get($"/v1/offers/{id}");
            var reply = await _world.Admin.Post($"/v1/offers/{id}/accept", new { }, ("If-Match", read.ETag));
            if (reply.Status == HttpStatusCode.OK && read.Body!["pending"] is { } pending)
            {
                var (rate, hours) = _accepted.GetValueOrDefault(id);
                _accepted[id] = (
                    Math.Max(rate, pending["rate"]?.GetValue<decimal>() ?? 0),
                    hours + (pending["moreGpuHours"]?.GetValue<decimal>() ?? 0)
                );
            }

            return reply;
        }

        private async Task<Reply> AskAsync(int hours)
        {
            var asked = (await Any(_applicants).Ask(Programme, hours)).Expect(HttpStatusCode.Created);
            if (asked.Text_("status") != "approved")
                return asked;
            var grant = Guid.Parse(asked.Text_("grantId"));
            var offer = await _world.ScalarAsync<Guid>("select offer_id from grants where id = $1", grant);
            var rate = await _world.ScalarAsync<long>("select millicredits_per_gpu_hour from grants where id = $1", grant) / 1_000m;
            Assert.True(_accepted.TryGetValue(offer, out var consent), $"Offer {offer} serves, and nobody accepted it.");
            _granted[offer] = _granted.GetValueOrDefault(offer) + hours;
            Assert.True(rate <= consent.Rate, $"Offer {offer} charges {rate}, and {consent.Rate} was accepted.");
            Assert.True(_granted[offer] <= consent.Hours, $"Offer {offer} gives {_granted[offer]} of {consent.Hours} accepted hours.");
            (Granted, Spent) = (Granted + 1, Spent + (hours * rate));
            return asked;
        }

        private async Task<Reply> PassAsync()
        {
            await _world.PassAsync(TimeSpan.FromHours(_random.Next(1, 12)), [.. _applicants, .. _providers.Select(one => one.Operator)]);
            return await _world.Admin.Get("/v1/me");
        }

        private T Any<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];
    }
}

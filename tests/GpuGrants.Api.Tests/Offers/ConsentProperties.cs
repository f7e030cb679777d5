using System.Net;
using GpuGrants.Api.Tests.Lives;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>What a programme pays is what its administrator read when accepting, whatever providers do before and after.</summary>
public sealed class ConsentProperties
{
    private const decimal Budget = 1_000;

    [Theory]
    [MemberData(nameof(NewLives.And), 1, MemberType = typeof(NewLives), DisableDiscoveryEnumeration = true)]
    public async Task No_credits_leave_a_budget_for_what_was_not_accepted(int seed)
    {
        await using var world = await TestWorld.StartAsync();
        var market = await Market.OpenAsync(world, new Random(seed));
        for (var step = 0; step < 120; step++)
            await market.StepAsync();
        Assert.True(market.Granted > 2, "The story grants too little.");
        await market.DenyAllAsync();
        Assert.Equal(Budget - market.Spent, await world.Balance(market.Programme, "budget"));
    }

    /// <summary>
    /// Two providers, who approve grants on some offers themselves, two applicants and an administrator who reads before accepting.
    /// </summary>
    private sealed class Market
    {
        private readonly TestWorld _world;
        private readonly Random _random;
        private readonly List<(Guid Id, Person Operator)> _offers = [];
        private readonly Dictionary<Guid, (decimal Rate, decimal Hours)> _accepted = [];
        private readonly Dictionary<Guid, decimal> _granted = [];

        /// <summary>Offers on which their provider approves, as the programme accepted them.</summary>
        private readonly HashSet<Guid> _approving = [];
        private readonly List<(Guid Request, Person Operator)> _waiting = [];
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
            var what = _random.Next(17);
            if (what == 0 || _offers.Count == 0)
            {
                var (provider, @operator) = Any(_providers);
                await ProposeAsync(provider, @operator, _random.Next(3) == 0);
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
                    5 => by.Patch(path, new { status = _random.Next(3) == 0 ? "paused" : "open" }, Person.AnyVersion),
                    6 => AcceptAloneAsync(by, path),
                    7 or 12 or 13 => AcceptAsync(id),
                    8 when some == 1 => _world.Admin.Post($"{path}/reject", new { reason = "Too dear" }, Person.AnyVersion),
                    9 => PassAsync(),
                    14 or 15 => ApproveAsync(),
                    16 => ApproveMyselfAsync(by, id, path),
                    _ => AskAsync(some),
                }
            );
        }

        private async Task ProposeAsync(Guid provider, Person @operator, bool approves)
        {
            var offer = await @operator.Post(
                "/v1/offers",
                new
                {
                    programmeId = Programme,
                    providerId = provider,
                    gpuModel = "h100",
                    region = "kr-central",
                    capacityGpuHours = _random.Next(1, 20),
                    rate = _random.Next(1, 6),
                    providerApproves = approves,
                }
            );
            _offers.Add((offer.Expect(HttpStatusCode.Created).Id, @operator));
            if (approves)
                _approving.Add(offer.Id);
        }

        /// <summary>Nobody asks to approve what the programme accepted without it. Giving it up is free.</summary>
        private async Task<Reply> ApproveMyselfAsync(Person by, Guid id, string path)
        {
            var wants = _random.Next(2) == 0;
            var isAccepted = (await by.Get(path)).Expect(HttpStatusCode.OK).Body!["acceptedAt"] is not null;
            var reply = await by.Patch(path, new { providerApproves = wants }, Person.AnyVersion);
            Assert.False(
                isAccepted && wants && !_approving.Contains(id) && reply.Status == HttpStatusCode.OK,
                $"Offer {id} took a condition that nobody accepted."
            );
            if (reply.Status == HttpStatusCode.OK && !wants)
                _approving.Remove(id);
            else if (reply.Status == HttpStatusCode.OK)
                _approving.Add(id);
            return reply;
        }

        /// <summary>What waits for a provider: its operator says yes, or the programme tries alone.</summary>
        private async Task<Reply> ApproveAsync()
        {
            if (_waiting.Count == 0)
                return await _world.Admin.Get("/v1/me");
            var (request, @operator) = Any(_waiting);
            var isProvider = _random.Next(3) > 0;
            var reply = await (isProvider ? @operator : _world.Admin).Post($"/v1/requests/{request}/approve", new { }, Person.AnyVersion);
            if (reply.Status != HttpStatusCode.OK)
                return reply;
            Assert.True(isProvider, $"Its provider did not agree: {reply.Text}");
            _waiting.Remove((request, @operator));
            await CountAsync(Guid.Parse(reply.Text_("grantId")), (int)reply["grant"]["gpuHours"]!.GetValue<decimal>());
            return reply;
        }

        /// <summary>So that nothing is held any more.</summary>
        public async Task DenyAllAsync()
        {
            foreach (var (request, @operator) in _waiting)
                await @operator.Post($"/v1/requests/{request}/deny", new { reason = "Closing time" }, Person.AnyVersion);
        }

        private static async Task<Reply> AcceptAloneAsync(Person by, string path) =>
            (await by.Post($"{path}/accept", new { }, Person.AnyVersion)).Expect(HttpStatusCode.Forbidden);

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
            if (asked.Text_("status") == "in-review")
            {
                var waits = await _world.ScalarAsync<Guid>("select provider_id from requests where id = $1", asked.Id);
                _waiting.Add((asked.Id, _providers.Single(one => one.Id == waits).Operator));
            }

            if (asked.Text_("status") != "approved")
                return asked;
            var offer = await CountAsync(Guid.Parse(asked.Text_("grantId")), hours);
            Assert.False(_approving.Contains(offer), $"Offer {offer} serves, and its provider was not asked.");
            return asked;
        }

        /// <summary>Compares a grant with what was accepted, and adds it up.</summary>
        /// <returns>Its offer.</returns>
        private async Task<Guid> CountAsync(Guid grant, int hours)
        {
            var offer = await _world.ScalarAsync<Guid>("select offer_id from grants where id = $1", grant);
            var rate = await _world.ScalarAsync<long>("select millicredits_per_gpu_hour from grants where id = $1", grant) / 1_000m;
            Assert.True(_accepted.TryGetValue(offer, out var consent), $"Offer {offer} serves, and nobody accepted it.");
            _granted[offer] = _granted.GetValueOrDefault(offer) + hours;
            Assert.True(rate <= consent.Rate, $"Offer {offer} charges {rate}, and {consent.Rate} was accepted.");
            Assert.True(_granted[offer] <= consent.Hours, $"Offer {offer} gives {_granted[offer]} of {consent.Hours} accepted hours.");
            (Granted, Spent) = (Granted + 1, Spent + (hours * rate));
            return offer;
        }

        private async Task<Reply> PassAsync()
        {
            await _world.PassAsync(TimeSpan.FromHours(_random.Next(1, 12)), [.. _applicants, .. _providers.Select(one => one.Operator)]);
            return await _world.Admin.Get("/v1/me");
        }

        private T Any<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];
    }
}

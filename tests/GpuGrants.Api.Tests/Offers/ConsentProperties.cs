using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>Random stories of a provider, a programme and an applicant, beside a naive model of what the programme accepted.</summary>
public sealed class ConsentProperties
{
    private const decimal Budget = 10_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task No_credits_leave_a_budget_but_for_what_the_programme_accepted(int seed)
    {
        await using var world = await TestWorld.StartAsync();
        await world.GpuModel();
        var programme = await world.Programme(Budget);
        var (provider, @operator) = await world.Provider();
        var (_, startup) = await world.Organization();
        var story = new Story(world, programme, provider, @operator, startup, new Random(seed));
        for (var step = 0; step < 120; step++)
            await story.NextAsync();
        Assert.True(story.Granted > 0, "The story granted nothing.");
        Assert.True(story.Denied > 0, "The story denied nothing.");
        Assert.Equal(Budget - story.Paid, await world.Balance(programme, "budget"));
    }

    /// <summary>What the programme accepted of one offer: the highest rate, and GPU-hours in all.</summary>
    private sealed class Accepted
    {
        public decimal Rate { get; set; } = -1;

        public decimal Hours { get; set; }

        public decimal Used { get; set; }
    }

    private sealed class Story(TestWorld world, Guid programme, Guid provider, Person @operator, Person startup, Random random)
    {
        private readonly Dictionary<Guid, Accepted> _offers = [];

        public int Granted { get; private set; }

        public int Denied { get; private set; }

        public decimal Paid { get; private set; }

        public Task NextAsync()
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            return random.Next(10) switch
            {
                0 => ProposeAsync(),
                1 => ChangeAsync("rates", new { rate = random.Next(1, 6) }),
                2 => ChangeAsync("add-capacity", new { gpuHours = random.Next(1, 20) }),
                3 => ChangeAsync("withdraw-capacity", new { gpuHours = random.Next(1, 10) }),
                4 or 5 => DecideAsync(),
                _ => AskAsync(),
            };
        }

        private async Task ProposeAsync()
        {
            var capacity = random.Next(0, 20);
            var made = await @operator.Propose(programme, provider, capacity, rate: random.Next(1, 6));
            _offers[made.Expect(HttpStatusCode.Created).Id] = new Accepted();
        }

        private async Task ChangeAsync(string what, object body)
        {
            if (Any() is { } offer)
                Assert.Contains(
                    (await @operator.Post($"/v1/offers/{offer}/{what}", body)).Status,
                    (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Conflict]
                );
        }

        private async Task DecideAsync()
        {
            if (Any() is not { } offer)
                return;
            var read = (await @operator.Get($"/v1/offers/{offer}")).Expect(HttpStatusCode.OK);
            if (random.Next(8) == 0)
            {
                await world.Admin.Post($"/v1/offers/{offer}/reject", new { reason = "No" }, ("If-Match", read.ETag));
                return;
            }

            var answer = await world.Admin.Post($"/v1/offers/{offer}/accept", null, ("If-Match", read.ETag));
            if (answer.Status != HttpStatusCode.OK)
                return;
            // The administrator accepts what it read, and nothing else.
            var (pending, accepted) = (read["pending"], _offers[offer]);
            accepted.Rate = Math.Max(accepted.Rate, Number(pending, "rate"));
            accepted.Hours += Number(pending, "moreGpuHours");
        }

        private async Task AskAsync()
        {
            var hours = random.Next(1, 8);
            var before = await world.Balance(programme, "budget");
            var answer = (await startup.Ask(programme, hours)).Expect(HttpStatusCode.Created);
            var paid = before - await world.Balance(programme, "budget");
            if (answer.Text_("status") != "approved")
            {
                Denied++;
                Assert.Equal(0, paid);
                return;
            }

            Granted++;
            Paid += paid;
            var grant = answer["grant"];
            var accepted = _offers[grant["offerId"]!.GetValue<Guid>()];
            accepted.Used += hours;
            Assert.Equal(grant["rate"]!.GetValue<decimal>() * hours, paid);
            Assert.True(grant["rate"]!.GetValue<decimal>() <= accepted.Rate, $"The programme accepted {accepted.Rate}: {answer.Text}");
            Assert.True(accepted.Used <= accepted.Hours, $"The programme accepted {accepted.Hours} GPU-hours: {answer.Text}");
        }

        private Guid? Any() => _offers.Count == 0 ? null : _offers.Keys.ElementAt(random.Next(_offers.Count));

        private static decimal Number(JsonNode pending, string name) => pending[name]?.GetValue<decimal>() ?? 0;
    }
}

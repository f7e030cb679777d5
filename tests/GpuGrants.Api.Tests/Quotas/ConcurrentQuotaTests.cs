using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Replays;
using GpuGrants.Api.Store;
using GpuGrants.Api.Tests.Fire.Engine;
using GpuGrants.Api.Tests.World;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Reply = GpuGrants.Api.Tests.World.Reply;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Random rules under 64 callers of two services: afterwards everything is recounted from the stored facts.</summary>
[Trait("Part", "Quick")]
public sealed class ConcurrentQuotaTests
{
    private const int Callers = 64;
    private const int Rounds = 3;

    [Fact]
    public async Task Whatever_64_callers_of_two_services_do_no_limit_is_exceeded_and_the_recount_agrees()
    {
        var seed = Random.Shared.Next();
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var crowd = await Crowd.GatherAsync(world, second, new Random(seed));
        for (var round = 0; round < Rounds; round++)
        {
            var change = round == 1 ? crowd.PublishMoreAsync() : Task.CompletedTask;
            await Task.WhenAll(
                Enumerable.Range(0, Callers).Select(caller => crowd.ActAsync(new Random(HashCode.Combine(seed, round, caller))))
            );
            await change;
            await crowd.PassAsync(TimeSpan.FromMinutes(new Random(seed + round).Next(10, 240)));
        }

        Assert.True(
            crowd.Outcomes.Keys.ToHashSet().IsSupersetOf(["approved", "denied", "usage recorded"]),
            $"seed {seed}: only {string.Join(", ", crowd.Outcomes.Keys)}"
        );
        await CheckAsync(world, crowd, seed);
    }

    private static async Task CheckAsync(TestWorld world, Crowd crowd, int seed)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        var policies = await QuotaConfigReader.ReadPoliciesAsync(connection, null, _ => null);
        var compiled = CompiledQuotas.Compile(policies, []);
        var facts = new List<(QuotaFact Fact, QuotaContext Context)>();
        await foreach (var one in FactHistory.ReadAsync(connection, null))
            facts.AddRange(one.Facts.Select(fact => (fact, one.Context)));
        Assert.True(facts.Count > 400, $"seed {seed}: {facts.Count} facts");
        foreach (
            var rule in compiled.Rules.Where(rule =>
                rule.Policy.PolicyId != crowd.LaterPolicy
                && rule.Rule is { Outcome: BreachOutcome.Deny, Sharing: null }
                && IsKept(rule.Rule.Measure)
            )
        )
            Assert.True(
                NaiveLimits.WorstExcess(rule, facts) <= 0,
                $"seed {seed}: {rule.Policy.Name} {rule.Rule.Id} {rule.Rule.Measure} {rule.Rule.Window.Kind} was exceeded "
                    + $"by {NaiveLimits.WorstExcess(rule, facts)}"
            );
        var (child, others, all) = NaiveLimits.MostShared(facts, crowd.Child);
        Assert.True(child <= Seconds(RandomRules.ChildNominal + RandomRules.ChildBorrows), $"seed {seed}: the child used {child} s");
        Assert.True(others <= Seconds(RandomRules.RootNominal + RandomRules.ChildLends), $"seed {seed}: the root used {others} s");
        Assert.True(all <= Seconds(RandomRules.RootNominal + RandomRules.ChildNominal), $"seed {seed}: both used {all} s");
        await RecountAsync(connection, compiled, facts, seed);
        await ReplayAsync(world, policies, seed);
    }

    /// <summary>
    /// Whether a rule bounds what is counted: requests are counted although they are denied, and usage that is reported was used.
    /// </summary>
    private static bool IsKept(QuotaMeasure measure) => measure != QuotaMeasure.RequestsMade && measure != QuotaMeasure.GpuHoursUsed;

    private static long Seconds(int hours) => hours * 3_600L;

    private static async Task RecountAsync(
        NpgsqlConnection connection,
        CompiledQuotas compiled,
        List<(QuotaFact Fact, QuotaContext Context)> facts,
        int seed
    )
    {
        var recounted = new CountersInMemory();
        foreach (var (fact, context) in facts)
            compiled.Match(context).Apply(fact, recounted);
        var expected = recounted.All.ToDictionary(
            one => (one.Key.SignatureId, one.Key.Subject.ToString()),
            one => Text([.. one.Value.Starts], [.. one.Value.Used], [.. one.Value.Held])
        );
        var stored = (await StoredCounters.ReadAsync(connection)).ToDictionary(
            one => (one.Key.SignatureId, one.Key.Subject.ToString()),
            one => Text([.. one.Counter.Starts], [.. one.Counter.Used], [.. one.Counter.Held])
        );
        Assert.True(stored.Count > 5, $"seed {seed}: {stored.Count} counters");
        foreach (var (key, counter) in stored)
            Assert.True(
                expected.TryGetValue(key, out var right) && right == counter,
                $"seed {seed}: {key} counts {counter}, recounted {expected.GetValueOrDefault(key)}"
            );
        Assert.True(expected.Count == stored.Count, $"seed {seed}: {expected.Count} counters recounted, {stored.Count} stored");
    }

    private static async Task ReplayAsync(TestWorld world, List<PublishedPolicy> policies, int seed)
    {
        await using var scope = world.Services.CreateAsyncScope();
        var decisions = await scope
            .ServiceProvider.GetRequiredService<GpuGrantsContext>()
            .Set<Decision>()
            .AsNoTracking()
            .Where(row => row.Snapshot != null)
            .ToListAsync();
        Assert.NotEmpty(decisions);
        foreach (var decision in decisions)
        {
            var replay = DecisionReplay.Run(decision, policies);
            Assert.True(
                replay.Same,
                $"seed {seed}: decision {decision.Id} was {replay.Verdict} and is {replay.ReplayedVerdict} again: {decision.Explanation}"
            );
        }
    }

    private static string Text(long[] starts, long[] used, long[] held) =>
        string.Join(
            ' ',
            starts.Zip(used, held).Where(one => one.Second != 0 || one.Third != 0).Select(one => $"{one.First}:{one.Second}+{one.Third}")
        );

    /// <summary>Applicants and reviewers, each on either service.</summary>
    private sealed class Crowd(
        TestWorld world,
        TestWorld second,
        Guid[] programmes,
        Person[][] applicants,
        Person[] reviewers,
        Person[] operators,
        JsonObject later
    )
    {
        private readonly ConcurrentQueue<(Guid Id, int Applicant)> _open = new();
        private readonly ConcurrentQueue<(Guid Id, int Applicant)> _grants = new();

        public ConcurrentDictionary<string, int> Outcomes { get; } = new();

        public Guid Child => programmes[1];

        public Guid LaterPolicy { get; private set; }

        public static async Task<Crowd> GatherAsync(TestWorld world, TestWorld second, Random random)
        {
            var scene = await world.Scene(credits: 1_000_000, capacity: 1_000_000);
            var child = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false });
            foreach (var (programme, rules) in ((Guid?, int)[])[(scene.Programme, 7), (child, 4), (null, 2)])
                await PublishAsync(world, programme, RandomRules.Document(random, rules));
            await PublishAsync(world, scene.Programme, RandomRules.Shared(scene.Programme, child));
            var applicants = new List<Person[]>();
            foreach (var kind in (string[])["startup", "student", "university", "startup", "individual", "school"])
            {
                var (_, owner) = await world.Organization(kind, name: kind);
                applicants.Add([owner, owner.On(second)]);
            }

            var reviewer = await world.Reviewer(scene.Programme);
            return new Crowd(
                world,
                second,
                [scene.Programme, child],
                [.. applicants],
                [reviewer, reviewer.On(second)],
                [scene.Operator, scene.Operator.On(second)],
                RandomRules.Document(random, 4)
            );
        }

        public async Task PublishMoreAsync() => LaterPolicy = await PublishAsync(second, programmes[0], later);

        public async Task PassAsync(TimeSpan time)
        {
            await world.PassAsync(time, [.. applicants.SelectMany(one => one), .. reviewers, .. operators, second.Admin]);
        }

        public async Task ActAsync(Random random)
        {
            for (var step = 0; step < 3; step++)
            {
                world.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(0, 3_000)));
                await (
                    random.Next(7) switch
                    {
                        0 => ReviewAsync(random),
                        1 => ChangeAsync(random),
                        2 => CloseAsync(random),
                        3 => UseAsync(random),
                        _ => AskAsync(random),
                    }
                );
            }
        }

        private async Task AskAsync(Random random)
        {
            var who = random.Next(applicants.Length);
            var tags = random.Next(2) == 0 ? (string[])["a"] : [];
            var answer = (
                await applicants[who]
                    [random.Next(2)]
                    .Ask(programmes[random.Next(2)], random.Next(1, 800) / 100m, new { gpus = random.Next(1, 5), tags })
            ).Expect(HttpStatusCode.Created);
            Note(answer, who);
        }

        private void Note(Reply answer, int who)
        {
            var status = answer.Text_("status");
            Outcomes.AddOrUpdate(status, 1, (_, count) => count + 1);
            if (status == "in-review")
                _open.Enqueue((answer.Id, who));
            if (status == "approved")
                _grants.Enqueue((Guid.Parse(answer.Text_("grantId")), who));
        }

        private async Task ReviewAsync(Random random)
        {
            if (!_open.TryDequeue(out var open))
                return;
            var reply = random.Next(3) switch
            {
                0 => await reviewers[random.Next(2)].Post($"/v1/requests/{open.Id}/deny", new { reason = "Too much" }, Person.AnyVersion),
                1 => await reviewers[random.Next(2)].Post($"/v1/requests/{open.Id}/approve", new { gpuHours = 0.01m }, Person.AnyVersion),
                _ => await reviewers[random.Next(2)].Post($"/v1/requests/{open.Id}/approve", new { }, Person.AnyVersion),
            };
            if (IsDenied(reply, open))
                return;
            if (reply.Expect(HttpStatusCode.OK).Text_("status") == "approved")
                _grants.Enqueue((Guid.Parse(reply.Text_("grantId")), open.Applicant));
        }

        private async Task ChangeAsync(Random random)
        {
            if (!_open.TryDequeue(out var open))
                return;
            var applicant = applicants[open.Applicant][random.Next(2)];
            if (random.Next(2) == 0)
            {
                (await applicant.Post($"/v1/requests/{open.Id}/withdraw")).Expect(HttpStatusCode.OK);
                return;
            }

            var change = new { gpuHours = random.Next(1, 300) / 100m };
            var amended = await applicant.Post($"/v1/requests/{open.Id}/amend", change, Person.AnyVersion);
            if (!IsDenied(amended, open))
                Note(amended.Expect(HttpStatusCode.OK), open.Applicant);
        }

        /// <summary>A rule denies it at this moment, and the request stays open.</summary>
        private bool IsDenied(Reply reply, (Guid Id, int Applicant) open)
        {
            if (reply.Status != HttpStatusCode.Conflict || reply.Code != "quota-exceeded")
                return false;
            Outcomes.AddOrUpdate("denied at the verdict", 1, (_, count) => count + 1);
            _open.Enqueue(open);
            return true;
        }

        private async Task CloseAsync(Random random)
        {
            if (_grants.TryDequeue(out var grant))
                (await applicants[grant.Applicant][random.Next(2)].Post($"/v1/grants/{grant.Id}/close")).Expect(HttpStatusCode.OK);
        }

        private async Task UseAsync(Random random)
        {
            if (!_grants.TryDequeue(out var grant))
                return;
            var record = new
            {
                id = Guid.NewGuid(),
                grantId = grant.Id,
                gpus = random.Next(1, 500) / 1000m,
                startedAt = world.Now.AddMinutes(-1),
                endedAt = world.Now.AddSeconds(-1),
            };
            var reply = (await operators[random.Next(2)].Post("/v1/usage-records", new { records = new[] { record } })).Expect(
                HttpStatusCode.OK
            );
            Outcomes.AddOrUpdate("usage " + reply["results"][0]!["status"]!.GetValue<string>(), 1, (_, count) => count + 1);
            _grants.Enqueue(grant);
        }

        private static async Task<Guid> PublishAsync(TestWorld world, Guid? programme, JsonObject document)
        {
            var made = (
                await world.Admin.Post(
                    "/v1/quota-policies",
                    new JsonObject
                    {
                        ["programmeId"] = programme?.ToString(),
                        ["name"] = "Random rules",
                        ["document"] = document,
                    }
                )
            ).Expect(HttpStatusCode.Created);
            (await world.Admin.Post($"/v1/quota-policies/{made.Id}/publish", new { }, ("If-Match", made.ETag))).Expect(HttpStatusCode.OK);
            return made.Id;
        }
    }
}

using System.Net;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.Requests;
using GpuGrants.Api.Tests.World;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Tests.Lives;

/// <summary>What becomes of promises on dated tranches, at random: each act is one that people may ask for, and most are refused.</summary>
internal sealed class RandomPromises(TestWorld world, Scene scene, Person reviewer, Random random)
{
    private readonly List<Guid> _grants = [];
    private readonly List<(Guid Grant, Guid Record)> _records = [];
    private readonly List<Guid> _reviews = [];

    /// <summary>What was done so far, for whoever has to find out why a check failed.</summary>
    public List<string> Story { get; } = [];

    public async Task StepAsync()
    {
        switch (random.Next(16))
        {
            case 0 or 1 or 2:
                await AskAsync();
                break;
            case 3:
                await QuoteAsync();
                break;
            case 4:
                await ReviewAsync();
                break;
            case 5:
                await OnGrantAsync("top-up", new { gpuHours = random.Next(1, 12) });
                break;
            case 6:
                await OnGrantAsync("extend", new { expiresAt = world.Now.AddHours(random.Next(1, 96)) });
                break;
            case 7:
                await OnGrantAsync("shrink", Smaller());
                break;
            case 8 or 9:
                await ReportAsync();
                break;
            case 10:
                await CorrectAsync();
                break;
            case 11:
                await DisputeAsync();
                break;
            case 12:
                await OutageAsync();
                break;
            case 13:
                await StandAsync();
                break;
            case 14:
                await TrancheAsync();
                break;
            default:
                await world.PassAsync(TimeSpan.FromMinutes(random.Next(1, 600)), scene.Startup, scene.Operator, reviewer);
                Story.Add($"{world.Now:dd HH:mm}: time passes");
                break;
        }
    }

    /// <summary>What each promise would get now, with the promise: the oldest first, one schedule for all.</summary>
    public async Task<Dictionary<Guid, (GpuPromise Promise, GpuTime Gets)>> GetsAsync()
    {
        var tranches = await world.ListAsync(
            "select number, gpus, starts_at, ends_at from offer_tranches where status = 'open'",
            row => new Tranche(row.GetInt32(0), row.GetInt32(1), row.GetFieldValue<DateTimeOffset>(2), row.GetFieldValue<DateTimeOffset>(3))
        );
        var promises = await world.ListAsync(
            PromisesSql,
            row => new GpuPromise(
                row.GetGuid(0),
                row.GetInt32(1),
                row.GetFieldValue<DateTimeOffset>(2),
                row.GetFieldValue<DateTimeOffset>(3),
                GpuTime.FromSeconds(row.GetInt64(4)),
                row.GetBoolean(5)
            )
            {
                Joins = row.IsDBNull(6) ? null : row.GetGuid(6),
            }
        );
        // Without any tranche, everybody lacks what they would get.
        var gets = new PromisePlan(tranches, promises.OrderBy(one => one.Id), world.Now).AtRisk([]);
        return gets.ToDictionary(one => one.Promise.Id, one => (one.Promise, one.Lacks));
    }

    private const string PromisesSql = """
        select id, gpus, starts_at, expires_at, gpu_seconds - used_gpu_seconds - returned_gpu_seconds, mode = 'reserved', null::uuid
        from grants where mode is not null and status in ('scheduled', 'active', 'suspended')
        union all
        select id, gpus, starts_at, starts_at + make_interval(secs => duration_seconds), gpu_seconds, coalesce(mode = 'reserved', false),
            case when change = 'top-up' then changes_grant_id end
        from requests where status = 'in-review' and (change is distinct from 'extend' or mode = 'reserved')
        union all
        select id, gpus, greatest(starts_at, expires_at), ends_at, gpu_seconds, mode = 'reserved', null from quotes where status = 'open'
        """;

    private async Task AskAsync()
    {
        var (gpus, days, from) = (random.Next(1, 3), random.Next(1, 4), random.Next(3) == 0 ? random.Next(1, 48) : 0);
        var body = new Dictionary<string, object?>
        {
            ["programmeId"] = scene.Programme,
            ["purpose"] = "Train a model",
            ["gpus"] = gpus,
            ["durationDays"] = days,
            ["startsAt"] = from == 0 ? null : world.Now.AddHours(from),
        };
        if (random.Next(4) == 0)
            body["mode"] = "reserved";
        else
            body["gpuHours"] = random.Next(1, 40);
        Take(await scene.Startup.Post("/v1/requests", body), $"ask {string.Join(' ', body.Values)}");
    }

    private async Task QuoteAsync()
    {
        var quote = await scene.Startup.Post(
            "/v1/quotes",
            new
            {
                programmeId = scene.Programme,
                gpuHours = random.Next(1, 30),
                gpus = random.Next(1, 3),
                durationDays = random.Next(1, 4),
                validMinutes = 60,
            }
        );
        Story.Add($"{world.Now:dd HH:mm}: quote: {(int)quote.Status}");
        if (quote.Status != HttpStatusCode.Created || random.Next(3) == 0)
            return;
        world.Clock.Advance(TimeSpan.FromMinutes(random.Next(0, 60)));
        foreach (var person in (Person[])[scene.Startup, scene.Operator, reviewer, world.Admin])
            person.ForgetToken();
        Take(await scene.Startup.Use(quote.Id), "use the quote");
    }

    private async Task ReviewAsync()
    {
        if (_reviews.Count == 0)
            return;
        var request = _reviews[random.Next(_reviews.Count)];
        _reviews.Remove(request);
        var reply =
            random.Next(4) == 0
                ? await reviewer.Post($"/v1/requests/{request}/deny", new { reason = "Too much" }, Person.AnyVersion)
                : await reviewer.Post($"/v1/requests/{request}/approve", new { }, Person.AnyVersion);
        Take(reply, "a verdict");
    }

    private async Task OnGrantAsync(string act, object body)
    {
        if (Grant() is { } grant)
            Take(await scene.Startup.Post($"/v1/grants/{grant}/{act}", body), $"{act} {body} of {_grants.IndexOf(grant)}");
    }

    private object Smaller() =>
        random.Next(3) switch
        {
            0 => new { gpus = 1 },
            1 => new { expiresAt = world.Now.AddHours(random.Next(1, 48)) },
            _ => new { gpus = 1, gpuHours = random.Next(1, 20) },
        };

    private async Task ReportAsync()
    {
        if (Grant() is not { } grant)
            return;
        var (id, hours) = (Guid.NewGuid(), random.Next(1, 9));
        var record = new
        {
            id,
            grantId = grant,
            gpus = random.Next(1, 3),
            startedAt = world.Now.AddHours(-hours),
            endedAt = world.Now,
        };
        var reply = await scene.Operator.Post("/v1/usage-records", new { records = new[] { record } });
        var status = reply.Expect(HttpStatusCode.OK)["results"][0]!["status"]!.GetValue<string>();
        Story.Add($"{world.Now:dd HH:mm}: report {hours} h of {_grants.IndexOf(grant)}: {status}");
        if (status == "recorded")
            _records.Add((grant, id));
    }

    private async Task CorrectAsync()
    {
        if (Record() is not { } one)
            return;
        var path = $"/v1/grants/{one.Grant}/usage-records/{one.Record}";
        if (random.Next(2) == 0)
        {
            Tell(await scene.Operator.Post(path + "/void", new { reason = "Not theirs" }), $"void of {_grants.IndexOf(one.Grant)}");
            return;
        }

        var record = await scene.Startup.Get(path);
        var less = new
        {
            gpus = 0.5,
            startedAt = record["startedAt"],
            endedAt = record["endedAt"],
            reason = "Metered again",
        };
        Tell(await scene.Operator.Post(path + "/replace", less), $"replace of {_grants.IndexOf(one.Grant)}");
    }

    private async Task DisputeAsync()
    {
        if (Record() is not { } one)
            return;
        var dispute = await scene.Startup.Post($"/v1/grants/{one.Grant}/usage-records/{one.Record}/dispute", new { reason = "No" });
        Tell(dispute, $"dispute of {_grants.IndexOf(one.Grant)}");
        if (dispute.Status == HttpStatusCode.Created)
            Tell(
                await world.Admin.Post($"/v1/usage-disputes/{dispute.Id}/uphold", new { reason = "It is so" }, Person.AnyVersion),
                "uphold it"
            );
    }

    private async Task OutageAsync() =>
        Tell(
            await scene.Operator.Post(
                $"/v1/offers/{scene.Offer}/outages",
                new
                {
                    startedAt = world.Now.AddHours(-random.Next(1, 12)),
                    endedAt = world.Now,
                    evidence = "The status page",
                }
            ),
            "outage"
        );

    private async Task StandAsync()
    {
        if (Grant() is not { } grant)
            return;
        var act = random.Next(4) switch
        {
            0 => "suspend",
            1 or 2 => "resume",
            _ => "revoke",
        };
        Tell(
            await world.Admin.Post($"/v1/grants/{grant}/{act}", new { reason = "A look" }, Person.AnyVersion),
            $"{act} {_grants.IndexOf(grant)}"
        );
    }

    private async Task TrancheAsync()
    {
        var number = random.Next(1, 3);
        if (random.Next(2) == 0)
            Tell(await scene.Operator.Post($"/v1/offers/{scene.Offer}/tranches/{number}/withdraw", new { gpus = 1 }), "withdraw");
        else
            Tell(
                await scene.Operator.Tranche(scene.Offer, 1, world.FullHour().AddHours(1), world.FullHour().AddHours(random.Next(2, 60))),
                "another tranche"
            );
    }

    private void Take(Reply reply, string what)
    {
        Tell(reply, what);
        if (reply.Status is not (HttpStatusCode.Created or HttpStatusCode.OK) || reply.Body?["status"] is not { } status)
            return;
        if (status.GetValue<string>() == "in-review")
            _reviews.Add(reply.Id);
        else if (status.GetValue<string>() == "approved" && reply.Body["grantId"] is { } id && !_grants.Contains(id.GetValue<Guid>()))
            _grants.Add(id.GetValue<Guid>());
    }

    private void Tell(Reply reply, string what)
    {
        Story.Add($"{world.Now:dd HH:mm}: {what}: {(int)reply.Status} {reply.Body?["status"]} {reply.Body?["code"]}");
        Assert.True((int)reply.Status < 500, reply.Text);
    }

    private Guid? Grant() => _grants.Count == 0 ? null : _grants[random.Next(_grants.Count)];

    private (Guid Grant, Guid Record)? Record() => _records.Count == 0 ? null : _records[random.Next(_records.Count)];
}

using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Lives;

/// <summary>
/// Grants that live at random: asked for, used late, twice, in slices, corrected, voided, disputed, in outages, suspended and ended. Every
/// answer is compared with <see cref="PaperGrant"/>.
/// </summary>
internal sealed class RandomLives(TestWorld world, Scene scene, Random random)
{
    private const int DayMinutes = 24 * 60;

    private readonly DateTimeOffset _start = world.Now;
    private readonly List<PaperGrant> _grants = [];

    /// <summary>What records stated when they were reported or replaced, by id.</summary>
    private readonly Dictionary<Guid, PaperRecord> _stated = [];

    /// <summary>Outages that were recorded, in minutes since the world began.</summary>
    private readonly List<(int From, int To)> _outages = [];

    /// <summary>How many of the outages each record was charged by. A dispute keeps its record out of some.</summary>
    private readonly Dictionary<Guid, int> _judgedBy = [];

    /// <summary>Records that a dispute kept out of an outage, until the outage comes again.</summary>
    private readonly HashSet<Guid> _waiting = [];

    public IReadOnlyList<PaperGrant> Grants => _grants;

    /// <summary>The minutes of a record of which some time can be charged: the offer served, and the grant was not suspended.</summary>
    public IEnumerable<int> ChargeableMinutes(PaperGrant grant, Guid id, PaperRecord record) =>
        Enumerable
            .Range(record.From, record.To - record.From)
            .Where(minute =>
                !grant.IsSuspendedAt(minute) && !_outages.Take(_judgedBy[id]).Any(one => one.From <= minute && minute < one.To)
            );

    /// <summary>What counts today under the limit on use, as the applicant is told. GPU-seconds.</summary>
    public async Task<decimal> UsedTodayAsync()
    {
        var used = (await scene.Headroom()).Single()!;
        return used["used"]!.GetValue<decimal>() * 3_600;
    }

    /// <summary>What was done so far, for whoever has to find out why a check failed.</summary>
    public List<string> Story { get; } = [];

    /// <summary>Minutes since the world began.</summary>
    public int Now => (int)(world.Now - _start).TotalMinutes;

    public Task StepAsync() =>
        random.Next(14) switch
        {
            0 or 1 => AskAsync(),
            2 or 3 => ReportAsync(slices: 1),
            4 => ReportAsync(slices: random.Next(2, 5)),
            5 => RepeatAsync(),
            6 => ReplaceAsync(),
            7 => VoidAsync(),
            8 => DisputeAsync(),
            9 => OutageAsync(),
            10 => SuspendAsync(),
            11 => EndAsync(),
            _ => PassAsync(),
        };

    private async Task<string> StatusAsync(PaperGrant grant) => (await scene.Startup.Get($"/v1/grants/{grant.Id}")).Text_("status");

    private async Task AskAsync()
    {
        var (hours, gpus, days) = (random.Next(1, 6), random.Next(1, 3), random.Next(1, 4));
        var asked = (await scene.Startup.Ask(scene.Programme, hours, new { gpus, durationDays = days })).Expect(HttpStatusCode.Created);
        Story.Add($"{Now}: ask {hours} h on {gpus} for {days} days: {asked.Text_("status")}");
        if (asked.Text_("status") == "approved")
            _grants.Add(new PaperGrant(Guid.Parse(asked.Text_("grantId")), gpus, Now, Now + (days * DayMinutes)));
    }

    private async Task ReportAsync(int slices)
    {
        if (Any() is not { } grant)
            return;
        var whole = NewRecord(grant);
        var edges = Enumerable.Range(0, slices + 1).Select(i => whole.From + ((whole.To - whole.From) * i / slices)).Distinct().ToList();
        var parts = edges.Zip(edges.Skip(1), (from, to) => (Id: Guid.NewGuid(), Record: whole with { From = from, To = to })).ToList();
        if (parts.Count == 0)
            return;
        var isOpen = await StatusAsync(grant) != "ended";
        var reply = await scene.Operator.Post(
            "/v1/usage-records",
            new { records = parts.Select(part => Body(grant, part.Id, part.Record)) }
        );
        var results = reply.Expect(HttpStatusCode.OK)["results"].AsArray();
        foreach (var ((id, record), result) in parts.Zip(results))
        {
            var status = result!["status"]!.GetValue<string>();
            Story.Add($"{Now}: report {record} of {Name(grant)}: {status} {result["code"]}");
            var counts = grant.Within(record, Now);
            Assert.Equal(isOpen && counts is not null && grant.IsFree(counts), status == "recorded");
            if (status == "recorded")
                Take(grant, id, record, counts!);
        }
    }

    private async Task RepeatAsync()
    {
        if (Any() is not { Records.Count: > 0 } grant)
            return;
        var id = grant.Records.ElementAt(random.Next(grant.Records.Count)).Key;
        var record = _stated[id];
        var reply = await scene.Operator.Post(
            "/v1/usage-records",
            new { records = new[] { Body(grant, id, record), Body(grant, id, record) } }
        );
        Assert.All(
            reply.Expect(HttpStatusCode.OK)["results"].AsArray(),
            one => Assert.Equal("repeated", one!["status"]!.GetValue<string>())
        );
    }

    private async Task ReplaceAsync()
    {
        if (Any() is not { Records.Count: > 0 } grant)
            return;
        var (id, before) = grant.Records.ElementAt(random.Next(grant.Records.Count));
        var record = NewRecord(grant);
        var isOpen = await StatusAsync(grant) != "ended";
        var reply = await scene.Operator.Post(
            $"/v1/grants/{grant.Id}/usage-records/{id}/replace",
            new
            {
                gpus = record.MilliGpus / 1_000m,
                startedAt = At(record.From),
                endedAt = At(record.To),
                reason = "Metered again",
            }
        );
        Story.Add($"{Now}: replace {before} by {record} of {Name(grant)}: {(int)reply.Status} {reply.Text}");
        var isDone = reply.Status == HttpStatusCode.OK;
        var counts = grant.Within(record, Now);
        var isPossible = counts is not null && grant.IsFree(counts, instead: id);
        // A dispute, a settlement or a filled limit may stand in the way; nothing else may.
        Assert.True(isDone ? isPossible : !isPossible || !isOpen || reply.Code is "usage-disputed" or "usage-exceeds-limit", reply.Text);
        if (isDone)
            Take(grant, id, record, counts!);
    }

    private async Task VoidAsync()
    {
        if (Any() is not { Records.Count: > 0 } grant)
            return;
        var id = grant.Records.ElementAt(random.Next(grant.Records.Count)).Key;
        var reply = await scene.Operator.Post($"/v1/grants/{grant.Id}/usage-records/{id}/void", new { reason = "Not theirs" });
        Story.Add($"{Now}: void {grant.Records[id]} of {Name(grant)}: {(int)reply.Status}");
        if (reply.Status == HttpStatusCode.OK)
            grant.Drop(id);
        else
            Assert.True(reply.Code is "usage-disputed" or "usage-payable", reply.Text);
    }

    private async Task DisputeAsync()
    {
        var open = (await scene.Startup.Get("/v1/usage-disputes?status=open")).Expect(HttpStatusCode.OK)["data"].AsArray();
        if (open.Count > 0 && random.Next(2) == 0)
        {
            var dispute = open[random.Next(open.Count)]!;
            var verdict = random.Next(2) == 0 ? "uphold" : "reject";
            (
                await world.Admin.Post(
                    $"/v1/usage-disputes/{dispute["id"]}/{verdict}",
                    new { reason = "The logs show it" },
                    Person.AnyVersion
                )
            ).Expect(HttpStatusCode.OK);
            Story.Add($"{Now}: {verdict} the dispute of {dispute["recordId"]}");
            if (verdict == "uphold")
                _grants.Single(one => one.Id == dispute["grantId"]!.GetValue<Guid>()).Drop(dispute["recordId"]!.GetValue<Guid>());
            return;
        }

        if (Any() is not { Records.Count: > 0 } grant)
            return;
        var id = grant.Records.ElementAt(random.Next(grant.Records.Count)).Key;
        var reply = await scene.Startup.Post($"/v1/grants/{grant.Id}/usage-records/{id}/dispute", new { reason = "We did not run then" });
        Story.Add($"{Now}: dispute {id} of {Name(grant)}: {(int)reply.Status}");
        Assert.True(reply.Status is HttpStatusCode.Created or HttpStatusCode.Conflict, reply.Text);
    }

    private async Task OutageAsync()
    {
        var from = random.Next(0, Math.Max(1, Now));
        var to = Math.Min(Now, from + random.Next(1, 90));
        if (to <= from)
            return;
        // Where a dispute kept a record out, the same outage comes again.
        if (_waiting.Count > 0 && from % 2 == 0)
            (from, to) = _outages[from % _outages.Count];
        var disputed = (await scene.Startup.Get("/v1/usage-disputes?status=open&limit=100"))
            .Expect(HttpStatusCode.OK)["data"]
            .AsArray()
            .Select(one => one!["recordId"]!.GetValue<Guid>())
            .ToHashSet();
        var reply = await scene.Operator.Post(
            $"/v1/offers/{scene.Offer}/outages",
            new
            {
                startedAt = At(from),
                endedAt = At(to),
                evidence = "The status page",
            }
        );
        Story.Add($"{Now}: outage {from}-{to}: {(int)reply.Status}");
        Assert.True(reply.Status is HttpStatusCode.Created || reply.Code is "usage-payable", reply.Text);
        if (reply.Status != HttpStatusCode.Created)
            return;
        _outages.Add((from, to));
        foreach (var (id, record) in _grants.SelectMany(one => one.Records))
            if (record.From < to && record.To > from)
            {
                if (disputed.Contains(id))
                    _waiting.Add(id);
                else
                    Judged(id);
            }
    }

    private async Task SuspendAsync()
    {
        if (Any() is not { } grant)
            return;
        var action = await StatusAsync(grant) == "suspended" ? "resume" : "suspend";
        var reply = await world.Admin.Post($"/v1/grants/{grant.Id}/{action}", new { reason = "Looks misused" }, Person.AnyVersion);
        Story.Add($"{Now}: {action} {Name(grant)}: {(int)reply.Status}");
        if (reply.Status == HttpStatusCode.OK)
            grant.IsSuspended(action == "suspend", Now);
    }

    private async Task EndAsync()
    {
        if (Any() is not { } grant)
            return;
        var reply = random.Next(3) switch
        {
            0 => await scene.Startup.Post($"/v1/grants/{grant.Id}/close"),
            1 => await scene.Operator.Post($"/v1/grants/{grant.Id}/settle"),
            _ => await world.Admin.Post($"/v1/grants/{grant.Id}/revoke", new { reason = "Misused" }, Person.AnyVersion),
        };
        Story.Add($"{Now}: end {Name(grant)}: {(int)reply.Status}");
        if (reply.Status == HttpStatusCode.OK)
            grant.EndsAt(Now);
    }

    private void Take(PaperGrant grant, Guid id, PaperRecord stated, PaperRecord counts)
    {
        grant.Take(id, counts);
        _stated[id] = stated;
        Judged(id);
    }

    private void Judged(Guid id)
    {
        _judgedBy[id] = _outages.Count;
        _waiting.Remove(id);
    }

    private Task PassAsync()
    {
        Story.Add($"{Now}: time passes");
        return world.PassAsync(TimeSpan.FromMinutes(random.Next(1, 400)), scene.Startup, scene.Operator);
    }

    private PaperGrant? Any() => _grants.Count == 0 ? null : _grants[random.Next(_grants.Count)];

    /// <summary>Mostly in the grant's life and in the past, sometimes not.</summary>
    private PaperRecord NewRecord(PaperGrant grant)
    {
        var until = Math.Min(grant.ToMinute, Now);
        var from = random.Next(grant.FromMinute, Math.Max(grant.FromMinute + 1, until));
        var to = from + random.Next(1, 240);
        if (to > until)
            to = random.Next(4) == 0 ? until + 60 : Math.Max(from + 1, until);
        if (random.Next(12) == 0)
            from = grant.FromMinute - 60;
        // Some use fractions of a second, so that sums are rounded.
        var milliGpus = random.Next(3) == 0 ? random.Next(1, (grant.Gpus * 1_000) + 1) : random.Next(1, (grant.Gpus * 4) + 1) * 250;
        return new PaperRecord(milliGpus, from, to > until && to < until + 60 ? until + 60 : to);
    }

    private DateTimeOffset At(int minute) => _start.AddMinutes(minute);

    private string Name(PaperGrant grant) => $"grant {_grants.IndexOf(grant)}";

    private object Body(PaperGrant grant, Guid id, PaperRecord record) =>
        new
        {
            id,
            grantId = grant.Id,
            gpus = record.MilliGpus / 1_000m,
            startedAt = At(record.From),
            endedAt = At(record.To),
        };
}

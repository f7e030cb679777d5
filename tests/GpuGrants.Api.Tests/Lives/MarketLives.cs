using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.Requests;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Lives;

/// <summary>
/// A market that lives at random: tranches, quotes, pooled and reserved grants, and every act of a grant's life. It keeps no model: the
/// checks read what is there.
/// </summary>
internal sealed class MarketLives(TestWorld world, Scene scene, Guid[] dated, Guid spare, Person spareOperator, Random random)
{
    private readonly List<Guid> _quotes = [];
    private readonly List<Guid> _projects = [];

    /// <summary>Offers with tranches.</summary>
    public IReadOnlyList<Guid> Dated => dated;

    /// <summary>What was done so far, for whoever has to find out why a check failed.</summary>
    public List<string> Story { get; } = [];

    /// <summary>Does something.</summary>
    /// <returns>Whether time passed.</returns>
    public async Task<bool> StepAsync()
    {
        switch (random.Next(22))
        {
            case 0 or 1:
                Told("ask", await scene.Startup.Ask(scene.Programme, random.Next(1, 30), Dates()));
                return false;
            case 2:
                Told("reserve", await scene.Startup.Reserve(scene.Programme, random.Next(1, 3), random.Next(1, 3), Later()));
                return false;
            case 3 or 4:
                await QuoteAsync();
                return false;
            case 5 or 6:
                await UseAsync();
                return false;
            case 7:
                await TrancheAsync();
                return false;
            case 8:
                await WithdrawAsync();
                return false;
            case >= 19:
                Story.Add("time passes");
                await world.PassAsync(TimeSpan.FromMinutes(random.Next(1, 500)), scene.Startup, scene.Operator, spareOperator);
                return true;
            default:
                await LiveAsync();
                return false;
        }
    }

    private async Task LiveAsync()
    {
        if (await AnyAsync() is not { } grant)
            return;
        var id = grant["id"]!.GetValue<string>();
        var ends = grant["expiresAt"]!.GetValue<DateTimeOffset>();
        switch (random.Next(14))
        {
            case 0:
                await ActAsync(scene.Startup, id, "top-up", new { gpuHours = random.Next(1, 12) });
                break;
            case 1:
                await ActAsync(scene.Startup, id, "extend", new { expiresAt = ends.AddHours(random.Next(1, 48)) });
                break;
            case 2:
                await ActAsync(scene.Startup, id, "shrink", new { gpuHours = random.Next(1, 4) });
                break;
            case 3:
                await ActAsync(scene.Startup, id, "shrink", new { expiresAt = ends.AddHours(-random.Next(1, 24)) });
                break;
            case 4:
                await ActAsync(scene.Startup, id, "transfer", new { projectId = await ProjectAsync() });
                break;
            case 5:
                await ActAsync(world.Admin, id, "suspend", new { reason = "Looked at" });
                break;
            case 6:
                await ActAsync(world.Admin, id, "resume", new { reason = "Nothing found" });
                break;
            case 7:
                await ActAsync(random.Next(2) == 0 ? scene.Startup : world.Admin, id, random.Next(2) == 0 ? "close" : "activate", new { });
                break;
            case 8:
                await ActAsync(world.Admin, id, "revoke", new { reason = "Misused" });
                break;
            case 9:
                await ActAsync(scene.Startup, id, "renew", new { gpuHours = random.Next(1, 10), durationDays = random.Next(1, 3) });
                break;
            case 10 or 11:
                var offers = dated.Append(spare).ToArray();
                await ActAsync(world.Admin, id, "move", new { offerId = offers[random.Next(offers.Length)], reason = "It withdraws" });
                break;
            case 12:
                await ActAsync(await OperatorAsync(grant), id, "settle", new { });
                break;
            default:
                await ReportAsync(grant);
                break;
        }
    }

    private async Task ActAsync(Person person, string grant, string act, object body) =>
        Told($"{act} {grant[^4..]}", await person.Post($"/v1/grants/{grant}/{act}", body, Person.AnyVersion));

    private async Task QuoteAsync()
    {
        var reply = await scene.Startup.Quote(scene.Programme, random.Next(1, 30), Dates(random.Next(30, 300)));
        Told("quote", reply);
        if (reply.Status == HttpStatusCode.Created)
            _quotes.Add(reply.Id);
    }

    private async Task UseAsync()
    {
        if (_quotes.Count == 0)
            return;
        var quote = _quotes[random.Next(_quotes.Count)];
        Told("use a quote", await scene.Startup.Use(quote));
    }

    private async Task TrancheAsync()
    {
        var from = world.FullHour().AddHours(random.Next(0, 100));
        var offer = dated[random.Next(dated.Length)];
        var proposed = await scene.Operator.Tranche(offer, random.Next(1, 3), from, from.AddHours(random.Next(1, 40)));
        Told("tranche", proposed);
        Told("accept", await world.Admin.Post($"/v1/offers/{offer}/accept", null, Person.AnyVersion));
    }

    private async Task WithdrawAsync()
    {
        var path = $"/v1/offers/{dated[random.Next(dated.Length)]}/tranches/{random.Next(1, 3)}/withdraw";
        Told("withdraw", await scene.Operator.Post(path, new { gpus = random.Next(1, 3) }));
    }

    /// <summary>Use of one GPU in the past, mostly within the grant's life.</summary>
    private async Task ReportAsync(JsonNode grant)
    {
        var from = grant["startsAt"]!.GetValue<DateTimeOffset>().AddMinutes(random.Next(0, 600));
        var record = new
        {
            id = Guid.NewGuid(),
            grantId = grant["id"]!.GetValue<string>(),
            gpus = 1,
            startedAt = from,
            endedAt = from.AddMinutes(random.Next(1, 400)),
        };
        Told("report", await (await OperatorAsync(grant)).Post("/v1/usage-records", new { records = new[] { record } }));
    }

    private Task<Person> OperatorAsync(JsonNode grant) =>
        Task.FromResult(grant["providerId"]!.GetValue<Guid>() == scene.Provider ? scene.Operator : spareOperator);

    private async Task<Guid> ProjectAsync()
    {
        if (_projects.Count < 3)
            _projects.Add(
                (
                    await scene.Startup.Post(
                        $"/v1/organizations/{scene.Organization}/projects",
                        new { name = $"Project {_projects.Count}" }
                    )
                ).Id
            );
        return _projects[random.Next(_projects.Count)];
    }

    private async Task<JsonNode?> AnyAsync()
    {
        var grants = (await scene.Startup.Get("/v1/grants?limit=20")).Expect(HttpStatusCode.OK)["data"].AsArray();
        return grants.Count == 0 ? null : grants[random.Next(grants.Count)];
    }

    private object Dates(int? validMinutes = null)
    {
        var dates = new JsonObject { ["gpus"] = random.Next(1, 3), ["durationDays"] = random.Next(1, 5) };
        if (Later() is { } start)
            dates["startsAt"] = start;
        if (validMinutes is { } minutes)
            dates["validMinutes"] = minutes;
        return dates;
    }

    private DateTimeOffset? Later() => random.Next(3) == 0 ? world.Now.AddMinutes(random.Next(1, 4_000)) : null;

    private void Told(string act, Reply reply)
    {
        var said = reply.Body?["code"] ?? reply.Body?["status"];
        Story.Add($"{world.Now:dd HH:mm} {act}: {(int)reply.Status} {said}");
        Assert.True((int)reply.Status is 200 or 201 or 400 or 403 or 404 or 409, reply.Text);
    }
}

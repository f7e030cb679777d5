using System.Globalization;
using System.Text.Json.Nodes;
using GpuGrants.Client;

namespace GpuGrants.Tool.Demo;

/// <summary>The main job, step by step over HTTP, saying what was asked and what was decided and why.</summary>
internal sealed class DemoWalk(Uri address, GpuGrantsClient admin, DemoCatalogue catalogue, DemoNewcomer newcomer)
{
    private int _step;

    public async Task RunAsync()
    {
        using var startup = As(catalogue.Organizations["Hangang Robotics"].Client);
        var grant = await GrantAtOnceAsync(startup);
        await CounterOfferAsync(startup);
        await ReviewAsync(startup);
        await StudentAsync();
        await UseAsync(startup, grant);
        await HeadroomAsync(startup);
        await NewcomerAsync();
        await LedgerAsync();
    }

    private async Task NewcomerAsync()
    {
        Say("Somebody whom no administrator knows signs up and asks: three calls");
        await newcomer.ArriveAsync(catalogue.National, line => Tell(line));
    }

    private GpuGrantsClient As(ClientCredentials credentials) => new(address, credentials);

    private void Say(string title) => Console.WriteLine($"\n{++_step}. {title}");

    private static void Tell(string text, int indent = 3) => Terminal.Write(text, indent);

    private async Task<GrantResult> GrantAtOnceAsync(GpuGrantsClient startup)
    {
        Say("A startup asks for 20 GPU-hours with at least 80 GB, and holds a grant in the answer");
        var answer = await startup.SubmitAsync(
            new RequestForGpuTime
            {
                ProgrammeId = catalogue.National,
                GpuHours = 20,
                MinGpuMemoryGib = 80,
                Purpose = "Fine-tune a speech model for our beta",
            }
        );
        Tell($"POST /v1/requests gpuHours=20 minGpuMemoryGib=80 → {answer.Status}");
        Tell(await ApprovalAsync(startup, answer) + ", the cheapest suitable offer");
        return answer.Grant!;
    }

    /// <summary>An approval by names, with the grant's id beside them.</summary>
    private static async Task<string> ApprovalAsync(GpuGrantsClient caller, RequestResult approved)
    {
        var grant = approved.Grant!;
        var programme = await caller.GetAsync<JsonObject>($"/v1/programmes/{approved.ProgrammeId}");
        var model = await caller.GetAsync<JsonObject>($"/v1/gpu-models/{grant.GpuModel}");
        return $"{grant.GpuHours} GPU-hours approved by {programme["name"]} on {model["name"]} in {grant.Region} "
            + $"at {grant.Rate} credits per GPU-hour (grant {grant.Id})";
    }

    private async Task CounterOfferAsync(GpuGrantsClient startup)
    {
        Say("It asks for more than its month allows: denied, with the reason and what would pass");
        var asked = new RequestForGpuTime
        {
            ProgrammeId = catalogue.National,
            GpuHours = 150,
            Purpose = "Train from scratch",
        };
        var dry = await startup.TryAsync(asked);
        Tell($"POST /v1/requests?dryRun=true gpuHours=150 → {dry.Status}, nothing written");
        var denied = await startup.SubmitAsync(asked);
        Tell($"POST /v1/requests gpuHours=150 → {denied.Status}");
        foreach (var reason in denied.Decision!.Reasons)
            Tell($"{reason.Code}: {reason.Message}", indent: 6);
        Tell($"the most that would pass now without a review: {denied.Decision.MaxGrantableNow} GPU-hours", indent: 6);
    }

    private async Task ReviewAsync(GpuGrantsClient startup)
    {
        Say("A request above 40 GPU-hours needs a review: the hours are held, and a reviewer approves in one call");
        var asked = await startup.SubmitAsync(
            new RequestForGpuTime
            {
                ProgrammeId = catalogue.National,
                GpuHours = 60,
                Purpose = "Second training run",
            }
        );
        Tell($"POST /v1/requests gpuHours=60 → {asked.Status}");
        Tell(asked.Decision!.Reasons[0].Message, indent: 6);
        using var reviewer = As(catalogue.Reviewer);
        var queue = await reviewer.GetAsync<JsonObject>("/v1/reviews");
        var first = queue["data"]![0]!;
        Tell(
            $"GET /v1/reviews → {queue["data"]!.AsArray().Count} request waits: {first["organizationName"]} was granted "
                + $"{first["history"]!["grantedGpuHours"]} GPU-hours before"
        );
        var approved = await reviewer.ApproveAsync(asked.Id!.Value, asked.Version, 50, "Start with 50");
        Tell($"POST /v1/requests/{asked.Id}/approve gpuHours=50 → {approved.Status}. The other 10 GPU-hours returned.");
    }

    private async Task StudentAsync()
    {
        Say("A student names no programme: the service picks one that approves");
        using var student = As(catalogue.Organizations["Student Ravi"].Client);
        var answer = await student.SubmitAsync(new RequestForGpuTime { GpuHours = 5, Purpose = "Course project" });
        Tell($"POST /v1/requests gpuHours=5 → {answer.Status}");
        Tell(await ApprovalAsync(student, answer));
        using var enterprise = As(catalogue.Organizations["Grand Steel"].Client);
        var refused = await enterprise.SubmitAsync(
            new RequestForGpuTime
            {
                ProgrammeId = catalogue.National,
                GpuHours = 5,
                Purpose = "Forecasting",
            }
        );
        Tell($"an enterprise asks the same programme → {refused.Status}: {refused.Decision!.Reasons[0].Message}");
    }

    private async Task UseAsync(GpuGrantsClient startup, GrantResult grant)
    {
        Say("The provider reports usage, the startup closes the grant, and what is unused goes back");
        var provider = catalogue.Providers.Values.First(one => one.Id == grant.ProviderId);
        using var @operator = As(provider.Client);
        var started = grant.StartsAt;
        while (DateTimeOffset.UtcNow - started < TimeSpan.FromSeconds(2))
            await Task.Delay(100);
        var record = new UsageReport(Guid.NewGuid(), grant.Id, 1, started, started.AddSeconds(2));
        foreach (var result in await @operator.ReportUsageAsync([record]))
            Tell($"POST /v1/usage-records gpus=1 for 2 seconds → {result.Status}, {result.GpuSeconds} GPU-seconds");
        foreach (var result in await @operator.ReportUsageAsync([record]))
            Tell($"the same record again → {result.Status}, charged once");
        var closed = await startup.CloseGrantAsync(grant.Id, "Done early");
        Tell(
            $"POST /v1/grants/{grant.Id}/close → {closed.Status}: used {closed.UsedGpuSeconds} s, "
                + $"returned {closed.ReturnedGpuSeconds} s of {closed.GpuSeconds} s"
        );
        if (closed.Status == "ended")
            return;
        var settled = await @operator.SettleGrantAsync(grant.Id);
        Tell($"POST /v1/grants/{grant.Id}/settle → {settled.Status}: all was reported, returned {settled.ReturnedGpuSeconds} s");
    }

    private async Task HeadroomAsync(GpuGrantsClient startup)
    {
        Say("Where it stands now");
        var organization = catalogue.Organizations["Hangang Robotics"].Id;
        var quotas = await startup.GetAsync<JsonObject>($"/v1/organizations/{organization}/headroom?programmeId={catalogue.National}");
        foreach (var quota in quotas["data"]![0]!["quotas"]!.AsArray())
        {
            var reset = quota!["resetsAt"] is { } at ? $", resets at {at}" : "";
            Tell($"{quota["title"], -46} used {quota["used"], 6} of {quota["limit"], 4}{reset}");
        }
    }

    private async Task LedgerAsync()
    {
        Say("Every credit is in the ledger");
        var accounts = await admin.GetAsync<JsonObject>($"/v1/accounts?rootProgrammeId={catalogue.National}&limit=100");
        var credits = accounts["data"]!
            .AsArray()
            .Where(one => one!["unit"]!.GetValue<string>() == "credit")
            .Select(one => (Kind: one!["kind"]!.GetValue<string>(), Balance: one["balance"]!.GetValue<decimal>()))
            .ToList();
        foreach (var kind in credits.GroupBy(one => one.Kind).OrderBy(group => group.Key, StringComparer.Ordinal))
            Tell(string.Create(CultureInfo.InvariantCulture, $"{kind.Key, -10} {kind.Sum(one => one.Balance), 12:0.######} credits"));
        Tell($"{"sum", -10} {credits.Sum(one => one.Balance), 12}");
    }
}

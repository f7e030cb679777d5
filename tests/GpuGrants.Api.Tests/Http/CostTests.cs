using System.Net;
using GpuGrants.Api.Http.Exports;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Http;

/// <summary>What one caller can make the service do.</summary>
public sealed class CostTests
{
    [Fact]
    public async Task Questions_wait_in_a_bounded_queue_of_their_own_while_decisions_go_on()
    {
        await using var world = await TestWorld.StartAsync("--Pipeline:Questions=1", "--Pipeline:WaitingQuestions=0");
        var scene = await world.Scene();
        var gate = new TaskCompletionSource<int>();
        var taken = world.Services.GetRequiredService<Questions>().RunAsync(() => gate.Task, CancellationToken.None);
        var named = new
        {
            programmeId = scene.Programme,
            gpuHours = 1,
            purpose = "Try",
        };
        var unnamed = new { gpuHours = 1, purpose = "Try" };
        (string Path, object Body)[] questions =
        [
            ("/v1/requests?dryRun=true", named),
            ("/v1/requests?dryRun=true", unnamed),
            ("/v1/requests", unnamed),
        ];
        foreach (var (path, body) in questions)
            (await scene.Startup.Post(path, body)).ExpectProblem(HttpStatusCode.ServiceUnavailable, "queue-full");
        (await scene.Startup.Post("/v1/requests", named)).Expect(HttpStatusCode.Created);
        gate.SetResult(0);
        await taken;
        foreach (var (path, body) in questions)
            Assert.True((await scene.Startup.Post(path, body)).Status is HttpStatusCode.OK or HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_person_reads_a_bounded_number_of_exports_at_a_time()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:ExportsPerCaller=1");
        var scene = await world.Scene();
        var person = await world.ScalarAsync<Guid>("select principal_id from role_assignments where role = 'platform-administrator'");
        var account = (await world.Admin.Get("/v1/accounts"))["data"]![0]!["id"]!.GetValue<string>();
        string[] exports = ["/v1/transfers/export", "/v1/events/export", $"/v1/accounts/{account}/statement"];
        var none = Guid.NewGuid();
        string[] ofNothing = [$"/v1/code-batches/{none}/codes", $"/v1/code-batches/{none}/page", $"/v1/quota-simulations/{none}/result"];
        using (world.Services.GetRequiredService<ExportPlaces>().Enter(person))
        {
            foreach (var path in exports.Concat(ofNothing))
                (await world.Admin.Get(path)).ExpectProblem(HttpStatusCode.TooManyRequests, "exports-running");
            (await scene.Operator.Get(exports[0])).Expect(HttpStatusCode.OK);
        }

        foreach (var path in exports)
            (await world.Admin.Get(path)).Expect(HttpStatusCode.OK);
        foreach (var path in ofNothing)
            (await world.Admin.Get(path)).ExpectProblem(HttpStatusCode.NotFound, "not-found");
    }
}

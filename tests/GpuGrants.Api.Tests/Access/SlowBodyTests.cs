using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>Bodies that trickle in.</summary>
public sealed class SlowBodyTests
{
    private const string Model = """{"id":"a100","name":"A100","gpuClass":"datacenter","memoryGib":80,"vendor":"NVIDIA"}""";

    [Fact]
    public async Task A_body_that_takes_too_long_is_cut_and_changes_nothing()
    {
        await using var world = await TestWorld.StartAsync("--Bodies:TotalSeconds=20");
        await using var call = await RawCall.OpenAsync(world);
        await call.WriteAsync(await RawCall.HeadAsync(world.Admin, "/v1/gpu-models", $"Content-Length: {Model.Length}"));
        await call.WriteAsync(Model[..20]);
        var answer = call.ReadAsync();
        // The service begins to count when it has read the head, so time passes until it answers.
        for (var second = 0; second < 600 && !answer.IsCompleted; second++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
            await Task.WhenAny(answer, Task.Delay(10));
        }

        (await answer).ExpectProblem(HttpStatusCode.RequestTimeout, "body-too-slow");
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from gpu_models"));
    }

    [Fact]
    public async Task Who_loses_a_role_while_the_body_arrives_is_not_obeyed()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var removed = await world.Member("/v1/administrators", null);
        await using var call = await RawCall.OpenAsync(second);
        await call.WriteAsync(await RawCall.HeadAsync(removed.On(second), "/v1/gpu-models", $"Content-Length: {Model.Length}"));
        await call.WriteAsync(Model[..20]);
        (await world.Admin.Delete($"/v1/administrators/{removed.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        await call.WriteAsync(Model[20..]);
        (await call.ReadAsync()).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from gpu_models"));
    }
}

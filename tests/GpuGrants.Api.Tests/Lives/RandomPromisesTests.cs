using GpuGrants.Api.Offers;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.Offers;
using GpuGrants.Api.Tests.World;
using GpuGrants.Api.Usage;
using Npgsql;

namespace GpuGrants.Api.Tests.Lives;

/// <summary>Whatever is done to one promise on dated tranches, nobody else gets less of what they were promised.</summary>
public sealed class RandomPromisesTests
{
    [Theory]
    [MemberData(nameof(NewLives.And), 1, MemberType = typeof(NewLives), DisableDiscoveryEnumeration = true)]
    public async Task No_act_takes_hours_that_others_were_promised(int seed)
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 4, Scenes.PerRequest("25"));
        var lives = new RandomPromises(world, scene, await world.Reviewer(scene.Programme), new Random(seed));
        try
        {
            for (var step = 0; step < 120; step++)
            {
                var (at, before) = (world.Now, await lives.GetsAsync());
                await lives.StepAsync();
                if (world.Now != at)
                    continue;
                var after = await lives.GetsAsync();
                foreach (var (id, had) in before)
                    if (after.TryGetValue(id, out var has) && has.Promise == had.Promise)
                        Assert.True(has.Gets >= had.Gets, $"{id} had {had.Gets} and has {has.Gets}.");
            }

            await world.Verified();
            await using var connection = new NpgsqlConnection(world.Database);
            await connection.OpenAsync();
            Assert.Empty((await PromiseVerifier.VerifyAsync(connection)).Findings);
            Assert.Empty(await UsageVerifier.VerifyAsync(connection));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Seed {seed}:\n{string.Join('\n', lives.Story)}", failure);
        }
    }
}

using GpuGrants.Api.Tests.Lives;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Independence;

public sealed class IndependenceProperties
{
    [Theory]
    [MemberData(nameof(NewLives.And), 1, MemberType = typeof(NewLives), DisableDiscoveryEnumeration = true)]
    public async Task Nobody_decides_for_people_whom_they_belonged_to_by_any_path_in_any_order(int seed)
    {
        await using var world = await TestWorld.StartAsync();
        var crowd = await DecidingCrowd.GatherAsync(world, new Random(seed));
        for (var step = 0; step < 90; step++)
            await crowd.StepAsync();
        Assert.True(crowd.Tried is { Stood: > 5, Own: > 3 }, $"The story shows too little: {crowd.Tried}");
    }
}

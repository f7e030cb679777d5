namespace GpuGrants.Api.Tests.World;

/// <summary>A world that all tests of a class read and none changes: the contract takes seconds to make.</summary>
public sealed class ReadWorld : IAsyncLifetime
{
    private TestWorld? _world;

    internal TestWorld World => _world ?? throw new InvalidOperationException("The world has not started.");

    public async Task InitializeAsync() => _world = await TestWorld.StartAsync();

    public async Task DisposeAsync() => await World.DisposeAsync();
}

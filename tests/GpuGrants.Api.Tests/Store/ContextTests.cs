using System.Reflection;
using GpuGrants.Api.Store;
using GpuGrants.Api.Tests.World;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Store;

public sealed class ContextTests
{
    /// <summary>An endpoint that names the context as a parameter gets one with every call, whether it reads or not.</summary>
    [Theory]
    [InlineData("submitRequest")]
    [InlineData("getHeadroom")]
    public async Task The_calls_of_the_hot_path_make_no_context(string operation)
    {
        await using var world = await TestWorld.StartAsync();
        var handler = world
            .Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.Single(one => one.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == operation)
            .Metadata.GetRequiredMetadata<MethodInfo>();

        Assert.DoesNotContain(handler.GetParameters(), one => one.ParameterType == typeof(GpuGrantsContext));
    }

    [Fact]
    public async Task All_contexts_of_a_service_share_their_options_and_none_shares_its_connection()
    {
        await using var world = await TestWorld.StartAsync();
        await using var one = world.Services.CreateAsyncScope();
        await using var other = world.Services.CreateAsyncScope();
        var (first, second) = (Context(one), Context(other));

        Assert.Same(Options(one), Options(other));
        Assert.NotSame(first.Database.GetDbConnection(), second.Database.GetDbConnection());
    }

    private static GpuGrantsContext Context(AsyncServiceScope scope) => scope.ServiceProvider.GetRequiredService<GpuGrantsContext>();

    private static DbContextOptions Options(AsyncServiceScope scope) =>
        scope.ServiceProvider.GetRequiredService<DbContextOptions<GpuGrantsContext>>();
}

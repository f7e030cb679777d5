using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using Microsoft.AspNetCore.Http.Metadata;

namespace GpuGrants.Api.Access;

/// <summary>
/// Has the body arrive before anybody judges the caller. Whoever lost a role while the body trickled in is judged by what holds then.
/// </summary>
public sealed class BodyFirst(CallerDirectory callers, TimeProvider clock) : IEndpointFilter
{
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(1);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (http.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>() is null)
            return await next(context);
        var began = clock.GetTimestamp();
        await http.BytesAsync();
        if (clock.GetElapsedTime(began) >= Quick)
            http.SetCaller(await callers.AgainAsync(http.Caller(), http.RequestAborted) ?? throw RunAgain.NoLonger());
        return await next(context);
    }
}

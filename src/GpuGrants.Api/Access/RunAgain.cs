using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.AspNetCore.Http.Metadata;

namespace GpuGrants.Api.Access;

/// <summary>
/// Runs an endpoint again where that is harmless. What an endpoint does outside the pipeline only reads, or writes what is there already
/// the second time (<see cref="Addresses.CallerAddresses"/>), so a connection that had died costs a try and no answer. A caller
/// whose authority changed before the pipeline decided is judged again by what holds now. Whoever made at the same moment what may exist
/// only once is told what the other's existence means.
/// </summary>
public sealed class RunAgain(CallerDirectory callers) : IEndpointFilter
{
    /// <summary>A caller whose roles change more often than this within one call has to send it again.</summary>
    private const int MaxJudgements = 5;

    /// <summary>Each collision means that another call went ahead, so only a crowd gets near this.</summary>
    private const int MaxCollisions = 10;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        for (var (judgements, collisions) = (1, 0); ; )
        {
            try
            {
                return await Reads.RetryAsync(
                    async () => await next(context),
                    // The pipeline tries again itself, and only the caller's key settles what it gave up.
                    failure => failure is not PipelineUnavailableException && !http.Response.HasStarted,
                    http.RequestAborted
                );
            }
            catch (Exception failure) when (Collision.Is(failure) && !http.Response.HasStarted)
            {
                if (++collisions == MaxCollisions)
                    throw new ProblemException(
                        Problem.Document(409, "changed-meanwhile", "Another call does the same at this very moment. Send the call again.")
                    );
            }
            catch (AuthorityChangedException) when (judgements++ < MaxJudgements)
            {
                http.SetCaller(await callers.ReloadAsync(http.Caller(), http.RequestAborted) ?? throw NoLonger());
            }
            catch (AuthorityChangedException)
            {
                throw new ProblemException(
                    Problem.Document(409, "changed-meanwhile", "Your roles change at this very moment. Send the call again.")
                );
            }
        }
    }

    internal static ProblemException NoLonger() =>
        new(
            Problem.Document(
                401,
                "unauthenticated",
                "The access token's client was revoked or has expired. Get a token with another client."
            )
        );
}

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
            http.SetCaller(await callers.ReloadAsync(http.Caller(), http.RequestAborted) ?? throw RunAgain.NoLonger());
        return await next(context);
    }
}

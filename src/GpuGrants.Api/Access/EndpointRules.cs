using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;

namespace GpuGrants.Api.Access;

/// <summary>
/// Runs an endpoint again where that is harmless. What an endpoint does outside the pipeline only reads, so a connection that had died
/// costs a try and no answer. A caller whose authority changed before the pipeline decided is judged again by what holds now.
/// </summary>
public sealed class RunAgain(CallerDirectory callers) : IEndpointFilter
{
    /// <summary>A caller whose roles change more often than this within one call has to send it again.</summary>
    private const int MaxJudgements = 5;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        for (var judgements = 1; ; judgements++)
        {
            try
            {
                return await Reads.AgainAsync(
                    async () => await next(context),
                    // The pipeline tries again itself, and only the caller's key settles what it gave up.
                    failure => failure is not PipelineUnavailableException && !http.Response.HasStarted,
                    http.RequestAborted
                );
            }
            catch (AuthorityChangedException) when (judgements < MaxJudgements)
            {
                http.SetCaller(await callers.AgainAsync(http.Caller(), http.RequestAborted) ?? throw NoLonger());
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

/// <summary>The scopes of which an endpoint needs one, as metadata that tests and the API page read.</summary>
/// <param name="AnyOf">Some of <see cref="Scopes"/>, most often one.</param>
public sealed record ScopeRule(IReadOnlyList<string> AnyOf)
{
    /// <summary>Nothing starts while an endpoint that needs a token would let any token in.</summary>
    /// <param name="endpoints">All endpoints under <c>/v1</c>.</param>
    /// <exception cref="InvalidOperationException">One neither names a scope nor is for strangers; the message names it.</exception>
    public static void RequireOnAll(IEnumerable<Endpoint> endpoints)
    {
        var open = endpoints
            .Where(one => one.Metadata.GetMetadata<ScopeRule>() is null && one.Metadata.GetMetadata<IAllowAnonymous>() is null)
            .Select(one => one.DisplayName)
            .ToList();
        if (open.Count > 0)
            throw new InvalidOperationException($"These endpoints name no scope: {string.Join(", ", open)}. Add RequireScope.");
    }
}

/// <summary>Says of an endpoint that it needs no token, but takes one.</summary>
public sealed record OpenToStrangers;

/// <summary>Puts scopes on endpoints.</summary>
public static class ScopeRuleExtensions
{
    /// <summary>Refuses callers whose token has none of the scopes.</summary>
    public static RouteHandlerBuilder RequireScope(this RouteHandlerBuilder endpoint, params string[] anyOf) =>
        endpoint
            .WithMetadata(new ScopeRule(anyOf))
            // A partner may name somebody in any call who does not consent.
            .Refuses(404)
            .AddEndpointFilter(
                async (context, next) =>
                {
                    if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<OpenToStrangers>() is null)
                        context.HttpContext.Caller().Demand(anyOf);
                    else
                        context.HttpContext.CallerOrNobody()?.Demand(anyOf);
                    return await next(context);
                }
            );

    /// <summary>Lets also those in who send no token. Whoever sends one is judged by it.</summary>
    public static RouteHandlerBuilder WithoutToken(this RouteHandlerBuilder endpoint) =>
        endpoint.AllowAnonymous().WithMetadata(new OpenToStrangers());

    /// <exception cref="ProblemException">The token has none of the scopes.</exception>
    public static void Demand(this Caller caller, params string[] anyOf)
    {
        // Reading is all that an auditor does, so that is all its token has to be for.
        if (anyOf.Any(caller.Scopes.Contains) || (caller.Audits && caller.Scopes.Contains(Scopes.Read)))
            return;
        var names = string.Join("' or '", anyOf);
        throw new ProblemException(
            Problem.Document(
                403,
                "scope-missing",
                $"The token lacks the scope '{names}'. Ask for it when you get the token, with a client that may use it."
            )
        );
    }
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
            http.SetCaller(await callers.AgainAsync(http.Caller(), http.RequestAborted) ?? throw RunAgain.NoLonger());
        return await next(context);
    }
}

using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using Microsoft.AspNetCore.Authorization;

namespace GpuGrants.Api.Access;

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

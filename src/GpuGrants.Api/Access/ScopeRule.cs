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

/// <summary>Puts scopes on endpoints.</summary>
public static class ScopeRuleExtensions
{
    /// <summary>Refuses callers whose token has none of the scopes.</summary>
    public static RouteHandlerBuilder RequireScope(this RouteHandlerBuilder endpoint, params string[] anyOf) =>
        endpoint
            .WithMetadata(new ScopeRule(anyOf))
            .AddEndpointFilter(
                async (context, next) =>
                {
                    context.HttpContext.Caller().Demand(anyOf);
                    return await next(context);
                }
            );

    /// <exception cref="ProblemException">The token has none of the scopes.</exception>
    public static void Demand(this Caller caller, params string[] anyOf)
    {
        if (anyOf.Any(caller.Scopes.Contains))
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

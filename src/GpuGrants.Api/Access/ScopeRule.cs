using GpuGrants.Api.Http;

namespace GpuGrants.Api.Access;

/// <summary>The scope that an endpoint needs, as metadata that tests and the API page read.</summary>
/// <param name="Scope">One of <see cref="Scopes"/>.</param>
public sealed record ScopeRule(string Scope);

/// <summary>Puts scopes on endpoints.</summary>
public static class ScopeRuleExtensions
{
    /// <summary>Refuses callers whose token lacks the scope. Administering includes the others.</summary>
    public static RouteHandlerBuilder RequireScope(this RouteHandlerBuilder endpoint, string scope) => endpoint
        .WithMetadata(new ScopeRule(scope))
        .AddEndpointFilter(async (context, next) =>
        {
            var caller = context.HttpContext.Caller();
            if (!caller.Scopes.Contains(scope))
                throw new ProblemException(Problem.Document(403, "scope-missing", $"The token lacks the scope '{scope}'. Ask for it when you get the token, with a client that may use it."));
            return await next(context);
        });
}

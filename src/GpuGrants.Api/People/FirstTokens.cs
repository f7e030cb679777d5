using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Access.Tokens;

namespace GpuGrants.Api.People;

/// <summary>The token with which a client begins, when it is new or has a new secret.</summary>
public sealed class FirstTokens(IServiceProvider services)
{
    /// <summary>A token with all of the client's scopes.</summary>
    /// <exception cref="InvalidOperationException">An external issuer makes the tokens, so nobody signs up here.</exception>
    public FirstTokenView Of(CredentialsView client)
    {
        var tokens = services.GetRequiredService<AccessTokens>();
        return new FirstTokenView(tokens.Make(client.ClientId, client.Scopes), tokens.LifetimeSeconds, string.Join(' ', client.Scopes));
    }
}

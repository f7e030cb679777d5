using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>
/// Makes an access token for a client that was proved in another way than by its secret. It is like the token server's own (RFC 9068).
/// </summary>
public sealed class AccessTokens(SigningKeyRing ring, TimeProvider clock, IOptions<AccessOptions> options)
{
    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>Seconds for which a token works.</summary>
    public int LifetimeSeconds => options.Value.TokenSeconds;

    /// <param name="clientId">The client.</param>
    /// <param name="scopes">What the token is for.</param>
    public string Make(string clientId, IEnumerable<string> scopes)
    {
        var now = clock.GetUtcNow();
        return Handler.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = "at+jwt",
                Issuer = new Uri(options.Value.PublicUrl).AbsoluteUri,
                Audience = options.Value.Audience,
                IssuedAt = now.UtcDateTime,
                Expires = now.UtcDateTime.AddSeconds(options.Value.TokenSeconds),
                SigningCredentials = ring.Credentials.First(),
                Claims = new Dictionary<string, object>
                {
                    ["sub"] = clientId,
                    ["client_id"] = clientId,
                    ["jti"] = Guid.CreateVersion7(now).ToString("N"),
                    ["scope"] = string.Join(' ', scopes),
                },
            }
        );
    }
}

using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Tokens;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace GpuGrants.Api.Grants.Tokens;

/// <summary>Signs grant tokens. It needs the embedded token server, which publishes the keys.</summary>
internal sealed class GrantTokens(SigningKeyRing ring, IOptions<AccessOptions> options)
{
    public const string Type = "grant+jwt";

    /// <summary>How long a token lives at most.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>
    /// For how long after its end a token may still be accepted somewhere. A revoked grant stays on the list for so long.
    /// </summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromMinutes(10);

    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>Where the keys are that verify tokens.</summary>
    public string KeysAt => new Uri(new Uri(options.Value.PublicUrl.TrimEnd('/') + "/"), ".well-known/jwks").AbsoluteUri;

    /// <summary>The signed token.</summary>
    public string Sign(AllowedToken allowed)
    {
        var grant = allowed.Grant;
        var claims = new Dictionary<string, object>
        {
            ["sub"] = grant.Id.ToString(),
            ["jti"] = allowed.Id.ToString("N"),
            ["organization_id"] = grant.OrganizationId.ToString(),
            ["programme_id"] = grant.ProgrammeId.ToString(),
            ["offer_id"] = grant.OfferId.ToString(),
            ["gpu_model"] = grant.GpuModelId,
            ["gpus"] = grant.Gpus,
            ["region"] = grant.Region,
            ["remaining_gpu_seconds"] = grant.Outstanding().Seconds,
            ["grant_expires_at"] = grant.ExpiresAt.ToUnixTimeSeconds(),
            ["livemode"] = grant.Livemode,
        };
        if (grant.ProjectId is { } project)
            claims["project_id"] = project.ToString();
        return Handler.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = Type,
                Issuer = new Uri(options.Value.PublicUrl).AbsoluteUri,
                Audience = grant.ProviderId.ToString(),
                IssuedAt = allowed.At.UtcDateTime,
                NotBefore = (grant.StartsAt > allowed.At ? grant.StartsAt : allowed.At).UtcDateTime,
                Expires = allowed.ExpiresAt.UtcDateTime,
                SigningCredentials = ring.OfGrants,
                Claims = claims,
            }
        );
    }
}

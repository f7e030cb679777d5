using System.Security.Cryptography;
using System.Text;
using BitFaster.Caching.Lru;
using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>Validates access tokens and finds the caller behind each. An endpoint without a rule of its own needs a caller.</summary>
public static class Authentication
{
    public static void AddAccess(this IServiceCollection services, AccessOptions access)
    {
        services.AddSingleton<ConsentDirectory>();
        services.AddSingleton<CallerDirectory>();
        if (access.ExternalIssuer is null)
            services.AddTokenServer(access);
        services.AddSingleton<IssuerTokens>();
        var authentication = services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        foreach (var issuer in access.TrustedIssuers)
            authentication.AddJwtBearer(IssuerTokens.SchemeOf(issuer.Address), _ => { });
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, BearerOptions>();
        // The policies name the scheme, so that the authorization authenticates: see UseAccess.
        var authenticated = new AuthorizationPolicyBuilder(JwtBearerDefaults.AuthenticationScheme).RequireAuthenticatedUser().Build();
        services.AddAuthorizationBuilder().SetDefaultPolicy(authenticated).SetFallbackPolicy(authenticated);
    }

    /// <summary>Lets the token server answer on its own paths, and authenticates and authorizes all other calls.</summary>
    public static void UseAccess(this WebApplication app)
    {
        app.UseTokenLimits();
        // UseAuthentication asks the token server about every call, 5 % of its CPU. The framework adds it by itself unless this
        // property is set.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        var publicUrl = new Uri(app.Services.GetRequiredService<IOptions<AccessOptions>>().Value.PublicUrl);
        app.UseWhen(
            http => TokenServer.Answers(http.Request.Path),
            branch =>
                branch
                    .Use(
                        (http, next) =>
                        {
                            AtPublicUrl(http.Request, publicUrl);
                            return next(http);
                        }
                    )
                    .UseAuthentication()
        );
        app.UseAuthorization();
    }

    /// <summary>
    /// The token server tells its addresses by the call's own. They are those of the public URL, whatever the caller writes in Host. A call
    /// in clear stays one in clear, so that the token server refuses it where TLS is due.
    /// </summary>
    private static void AtPublicUrl(HttpRequest request, Uri publicUrl)
    {
        request.Host = HostString.FromUriComponent(publicUrl);
        request.PathBase = PathString.FromUriComponent(publicUrl.AbsolutePath.TrimEnd('/'));
        if (request.IsHttps)
            request.Scheme = publicUrl.Scheme;
    }

    private sealed class BearerOptions(IServiceProvider services, IOptions<AccessOptions> access, TimeProvider clock)
        : IConfigureNamedOptions<JwtBearerOptions>
    {
        public void Configure(JwtBearerOptions options) => Configure(JwtBearerDefaults.AuthenticationScheme, options);

        public void Configure(string? name, JwtBearerOptions options)
        {
            var trusted = access.Value.TrustedIssuers;
            var linked = trusted.FirstOrDefault(one => IssuerTokens.SchemeOf(one.Address) == name)?.Address;
            var issuer = linked ?? access.Value.ExternalIssuer;
            // Nobody pays for a look at the token where there is one issuer.
            if (linked is null && trusted.Length > 0)
                options.ForwardDefaultSelector = SchemeOfToken;
            options.MapInboundClaims = false;
            options.SaveToken = false;
            options.TokenHandlers.Clear();
            options.TokenHandlers.Add(new RememberedTokens(clock));
            options.TokenValidationParameters = new TokenValidationParameters
            {
                ValidAudience = access.Value.Audience,
                ValidTypes = ["at+jwt"],
                // Asymmetric only: with a shared secret whoever validates could also sign, and "none" is no signature at all.
                ValidAlgorithms =
                [
                    SecurityAlgorithms.EcdsaSha256,
                    SecurityAlgorithms.EcdsaSha384,
                    SecurityAlgorithms.RsaSha256,
                    SecurityAlgorithms.RsaSsaPssSha256,
                ],
                RequireSignedTokens = true,
                RequireExpirationTime = true,
                LifetimeValidator = IsAlive,
                NameClaimType = "sub",
            };
            if (issuer is not null)
            {
                options.Authority = issuer;
                // Keys that come over an open network in clear could be anybody's.
                options.RequireHttpsMetadata = !new Uri(issuer).IsLoopback;
                options.TokenValidationParameters.ValidTypes = ["at+jwt", "JWT"];
            }
            else
            {
                options.RequireHttpsMetadata = false;
                var ring = services.GetRequiredService<SigningKeyRing>();
                options.TokenValidationParameters.ValidIssuer = new Uri(access.Value.PublicUrl).AbsoluteUri;
                options.TokenValidationParameters.IssuerSigningKeyResolver = (_, _, _, _) => ring.All;
                options.Configuration = new Microsoft.IdentityModel.Protocols.OpenIdConnect.OpenIdConnectConfiguration();
            }

            options.Events = new JwtBearerEvents
            {
                OnTokenValidated = context => FindCallerAsync(context, issuer),
                OnChallenge = ChallengeAsync,
            };
        }

        /// <summary>The scheme of the trusted issuer that the token names; null for the service's own.</summary>
        private string? SchemeOfToken(HttpContext http)
        {
            const string Bearer = "Bearer ";
            var header = http.Request.Headers.Authorization.ToString();
            if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
                return null;
            var named = access.Value.TrustedIssuers.FirstOrDefault(one => IssuerTokens.IsOf(header[Bearer.Length..].Trim(), one.Address));
            return named is null || named.Address == access.Value.ExternalIssuer ? null : IssuerTokens.SchemeOf(named.Address);
        }

        private bool IsAlive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
        {
            var now = clock.GetUtcNow().UtcDateTime;
            return expires is { } end && now < end && (notBefore is not { } start || start <= now.AddSeconds(5));
        }

        private async Task FindCallerAsync(TokenValidatedContext context, string? issuer)
        {
            var token = context.Principal!;
            var exchanged = issuer is null ? ExchangedToken.Of(token) : null;
            var subject = exchanged?.ClientId ?? token.FindFirst("sub")?.Value ?? "";
            if (!IssuerTokens.IsSubject(subject))
            {
                context.Fail("The subject is none that a principal can have.");
                return;
            }

            var scopes = token.FindAll("scope").SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            var directory = services.GetRequiredService<CallerDirectory>();
            var onlyReads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
            var caller = issuer is not null
                ? await directory.OfExternalAsync(issuer, subject, scopes, onlyReads, context.HttpContext.RequestAborted)
                : await directory.OfClientAsync(subject, scopes, onlyReads, context.HttpContext.RequestAborted);
            if (caller is null)
            {
                context.Fail("The client is no longer active.");
                return;
            }

            context.HttpContext.SetCaller(caller);
            if (exchanged is not null)
                ActingFor.SetOfToken(context.HttpContext, exchanged.Whom);
        }

        private static async Task ChallengeAsync(JwtBearerChallengeContext context)
        {
            context.HandleResponse();
            context.Response.Headers.WWWAuthenticate = context.AuthenticateFailure is null ? "Bearer" : "Bearer error=\"invalid_token\"";
            var detail = context.AuthenticateFailure is null
                ? "Send an access token: Authorization: Bearer …. Get one from the token endpoint with your client's id and secret."
                : "The access token is expired, was not made for this service, or its client was revoked. Get a new one.";
            await context
                .HttpContext.RequestServices.GetRequiredService<IProblemDetailsService>()
                .WriteAsync(
                    new ProblemDetailsContext
                    {
                        HttpContext = context.HttpContext,
                        ProblemDetails = Problem.Document(401, "unauthenticated", detail).ToDetails(),
                    }
                );
        }
    }
}

/// <summary>
/// Validates access tokens and remembers the valid ones for five seconds, as long as a caller's roles are remembered
/// (<see cref="CallerDirectory"/>).
/// </summary>
/// <remarks>
/// Checking a signature is an eighth of the CPU of a call. The token's end is checked on every call. A signing key that is withdrawn counts
/// five seconds later at most. Only hashes of tokens are kept.
/// </remarks>
internal sealed class RememberedTokens(TimeProvider clock) : TokenHandler
{
    private const int MaxTokens = 10_000;
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly ConcurrentLru<TokenHash, Remembered> _valid = new(MaxTokens);

    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        var now = clock.GetUtcNow();
        var hash = TokenHash.Of(token);
        if (_valid.TryGet(hash, out var remembered) && remembered.Holds(now))
            return remembered.Result;
        var result = await _handler.ValidateTokenAsync(token, validationParameters);
        if (result.IsValid)
            _valid.AddOrUpdate(hash, new Remembered(now, result));
        return result;
    }

    public override Task<TokenValidationResult> ValidateTokenAsync(SecurityToken token, TokenValidationParameters validationParameters) =>
        _handler.ValidateTokenAsync(token, validationParameters);

    public override SecurityToken ReadToken(string token) => _handler.ReadToken(token);

    private sealed record Remembered(DateTimeOffset At, TokenValidationResult Result)
    {
        public bool Holds(DateTimeOffset now) => now >= At && now - At < Freshness && now.UtcDateTime < Result.SecurityToken.ValidTo;
    }

    /// <summary>The SHA-256 of a token.</summary>
    private readonly record struct TokenHash(ulong A, ulong B, ulong C, ulong D)
    {
        public static TokenHash Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            return new TokenHash(
                BitConverter.ToUInt64(hash),
                BitConverter.ToUInt64(hash[8..]),
                BitConverter.ToUInt64(hash[16..]),
                BitConverter.ToUInt64(hash[24..])
            );
        }
    }
}

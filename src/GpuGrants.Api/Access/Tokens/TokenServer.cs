using System.Security.Claims;
using System.Security.Cryptography;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>
/// The embedded OAuth 2 token server: <c>client_credentials</c> for programs (RFC 6749, section 4.4), token exchange for partners that act
/// for others (RFC 8693), access tokens by RFC 9068.
/// </summary>
public static class TokenServer
{
    public const string TokenPath = "/oauth/token";

    internal const int MaxClientId = 100;

    private const string WellKnown = "/.well-known";

    /// <summary>Whether the path belongs to the token server: its endpoint, discovery (RFC 8414) and keys.</summary>
    public static bool Answers(PathString path) => path.StartsWithSegments("/oauth") || path.StartsWithSegments(WellKnown);

    public static void AddTokenServer(this IServiceCollection services, AccessOptions access)
    {
        services.AddSingleton<SigningKeyRing>();
        services.AddSingleton<TokenLimits>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<ILogger<OpenIddictServerDispatcher>, WithoutTraces<OpenIddictServerDispatcher>>();
        services.AddHostedService<SigningKeyRotation>();
        services.AddScoped<ValidateClient>();
        services.AddSingleton<TokenExchange>();
        services.AddSingleton<IConfigureOptions<OpenIddictServerOptions>, RingOptions>();
        services
            .AddOpenIddict()
            .AddServer(server =>
            {
                // Clients live in this service's own tables, so that a client and the role it gets are one transaction.
                server.EnableDegradedMode();
                server.AllowClientCredentialsFlow();
                TokenExchange.Add(server);
                // Relative, so that the path of the public URL stays before it.
                server.SetTokenEndpointUris(TokenPath.TrimStart('/'));
                server.SetIssuer(new Uri(access.PublicUrl));
                server.SetAccessTokenLifetime(TimeSpan.FromSeconds(access.TokenSeconds));
                server.RegisterScopes([.. Scopes.Descriptions.Keys]);
                server.DisableAccessTokenEncryption();
                // The server encrypts nothing but insists on an encryption key. A symmetric key is cheap to make.
                server.AddEncryptionKey(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)));
                server.AddEventHandler<ValidateTokenRequestContext>(handler => handler.UseScopedHandler<ValidateClient>());
                server.AddEventHandler<HandleTokenRequestContext>(handler =>
                    handler.UseInlineHandler(context => Issue(context, access.Audience))
                );
                var http = server.UseAspNetCore();
                if (new Uri(access.PublicUrl).Scheme == Uri.UriSchemeHttp)
                    http.DisableTransportSecurityRequirement();
            });
    }

    /// <summary>Limits the calls of the token endpoint; before the authentication, where the token server answers.</summary>
    public static void UseTokenLimits(this WebApplication app)
    {
        if (app.Services.GetService<TokenLimits>() is not { } limits)
            return;
        app.UseWhen(
            http => http.Request.Path == TokenPath || http.Request.Path.StartsWithSegments(WellKnown),
            branch => branch.UseOnly(path => path == TokenPath ? HttpMethods.Post : HttpMethods.Get)
        );
        app.UseWhen(
            http => http.Request.Path.StartsWithSegments(TokenPath),
            branch =>
                branch.Use(
                    async (http, next) =>
                    {
                        await limits.TakeAsync(http);
                        await next(http);
                    }
                )
        );
    }

    private static ValueTask Issue(HandleTokenRequestContext context, string audience)
    {
        var identity = new ClaimsIdentity("client_credentials");
        if (context.Transaction.GetProperty<OnBehalf>(TokenExchange.Whom) is { } whom)
            ExchangedToken.Describe(identity, whom, context.ClientId!);
        else
            identity.AddClaim(new Claim(OpenIddictConstants.Claims.Subject, context.ClientId!));
        var principal = new ClaimsPrincipal(identity);
        principal.SetScopes(context.Transaction.GetProperty<string[]>(ValidateClient.GrantedScopes) ?? []);
        principal.SetAudiences(audience);
        foreach (var claim in principal.Claims)
            claim.SetDestinations(OpenIddictConstants.Destinations.AccessToken);
        context.SignIn(principal);
        return ValueTask.CompletedTask;
    }

    /// <summary>Gives the server the ring's keys, and reads them again after each refresh of the ring.</summary>
    private sealed class RingOptions(SigningKeyRing ring) : IConfigureOptions<OpenIddictServerOptions>
    {
        public void Configure(OpenIddictServerOptions options) => options.SigningCredentials.AddRange(ring.Credentials);
    }

    /// <summary>Checks a client's secret and the scopes that it asks for.</summary>
    public sealed class ValidateClient(NpgsqlDataSource database, TimeProvider clock, TokenExchange exchange)
        : IOpenIddictServerHandler<ValidateTokenRequestContext>
    {
        internal const string GrantedScopes = "gpugrants.scopes";

        private static readonly RowReader<ApiClient> Secrets = RowMap
            .Of<ApiClient>()
            .Part(row => new
            {
                row.SecretHash,
                row.PreviousSecretHash,
                row.PreviousSecretUntil,
                row.Scopes,
            });

        private static readonly string Sql = $"""
            select {Secrets.Columns("c")}
            from api_clients c join principals p on p.id = c.principal_id join principals h on h.id = p.person_id
                left join people y on y.id = p.person_id
            where c.client_id = $1 and c.status = 'active' and p.status = 'active' and h.status = 'active'
                and coalesce(y.status, 'active') = 'active' and (c.expires_at is null or c.expires_at > $2)
            """;

        public async ValueTask HandleAsync(ValidateTokenRequestContext context)
        {
            if (
                context.ClientId is not { Length: > 0 and <= MaxClientId } id
                || context.ClientSecret is not { Length: > 0 and <= 200 } secret
                || !Http.Bodies.Rules.IsPrintable(id)
                || await Reads.RetryAsync(() => FindScopesAsync(id, secret), context.CancellationToken) is not { } allowed
            )
            {
                context.Reject(
                    OpenIddictConstants.Errors.InvalidClient,
                    "The client is unknown, revoked or expired, or its secret is wrong."
                );
                return;
            }

            var asked = context.Request.GetScopes();
            var refused = asked.FirstOrDefault(scope => !allowed.Contains(scope));
            if (refused is not null)
            {
                context.Reject(
                    OpenIddictConstants.Errors.InvalidScope,
                    $"The client may not use the scope '{refused}'. It may use: {string.Join(' ', allowed)}."
                );
                return;
            }

            string[] granted = asked.Length == 0 ? allowed : [.. asked];
            if (context.Request.IsTokenExchangeGrantType())
            {
                if (await exchange.FindAsync(context, id, granted) is not { } narrowed)
                    return;
                granted = narrowed;
            }

            context.Transaction.SetProperty(GrantedScopes, granted);
        }

        private async Task<string[]?> FindScopesAsync(string clientId, string secret)
        {
            var now = clock.GetUtcNow();
            await using var command = database.CreateCommand(Sql);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = clientId });
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
            await using var reader = await command.ExecuteReaderAsync();
            if (!await reader.ReadAsync())
                return null;
            var client = Secrets.Read(reader);
            var matches =
                ClientSecret.Matches(secret, client.SecretHash)
                || (
                    client.PreviousSecretHash is { } previous && now < client.PreviousSecretUntil && ClientSecret.Matches(secret, previous)
                );
            return matches ? client.Scopes : null;
        }
    }
}

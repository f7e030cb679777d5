using System.Security.Claims;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using Npgsql;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>
/// Token exchange (RFC 8693): a partner's client shows a consent as the subject's token and gets an access token that acts for whom
/// consented. The client's own credentials say who acts.
/// </summary>
public sealed class TokenExchange(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>The type of the subject's token: the id of a consent. It proves nothing by itself; the client's secret does.</summary>
    public const string ConsentType = "urn:gpugrants:token-type:consent";

    internal const string Whom = "gpugrants.on-behalf-of";

    private static readonly RowReader<Consent> Consents = RowMap
        .Of<Consent>()
        .Part(row => new
        {
            row.OrganizationId,
            row.PersonId,
            row.Scopes,
        });

    private static readonly string Sql = $"""
        select {Consents.Columns("c")}
        from consents c join partners p on p.id = c.partner_id and p.status = 'active'
            join principals g on g.id = c.given_by and g.status = 'active'
            join role_assignments r on r.resource_id = c.partner_id and r.role = '{Roles.Partner}'
            join api_clients a on a.principal_id = r.principal_id
        where c.id = $1 and a.client_id = $2 and c.status = 'active' and (c.expires_at is null or c.expires_at > $3)
        """;

    internal static void Add(OpenIddictServerBuilder server)
    {
        server.AllowTokenExchangeFlow();
        server.Configure(options => options.SubjectTokenTypes.Add(ConsentType));
        // The server expects a token that it signed itself. A consent is proved when the client is, so here it only has to pass.
        server.AddEventHandler<ValidateTokenContext>(handler => handler.SetOrder(int.MinValue).UseInlineHandler(TakeConsent));
    }

    /// <summary>Finds for whom the client may act by the consent that it shows, and narrows the scopes to what was consented.</summary>
    /// <returns>The scopes; null when the request is rejected.</returns>
    internal async Task<string[]?> FindAsync(ValidateTokenRequestContext context, string clientId, string[] scopes)
    {
        var request = context.Request;
        if (request.SubjectTokenType != ConsentType || !string.IsNullOrEmpty(request.ActorToken))
        {
            context.Reject(
                OpenIddictConstants.Errors.InvalidRequest,
                $"Send the id of a consent as subject_token, with subject_token_type {ConsentType}, and no actor_token."
            );
            return null;
        }

        if (
            !Guid.TryParseExact(request.SubjectToken, "D", out var id)
            || await Reads.RetryAsync(() => ReadAsync(id, clientId), context.CancellationToken) is not { } consent
        )
        {
            context.Reject(OpenIddictConstants.Errors.InvalidGrant, "There is no such consent in force for the client's partner.");
            return null;
        }

        var whom = new OnBehalf((consent.OrganizationId ?? consent.PersonId)!.Value, consent.PersonId is not null, id);
        var beyond = request.GetScopes().FirstOrDefault(scope => !consent.Scopes.Contains(scope));
        if (beyond is not null)
        {
            context.Reject(
                OpenIddictConstants.Errors.InvalidScope,
                $"The consent does not have the scope '{beyond}'. It has: {string.Join(' ', consent.Scopes)}."
            );
            return null;
        }

        context.Transaction.SetProperty(Whom, whom);
        return [.. scopes.Intersect(consent.Scopes)];
    }

    private async Task<Consent?> ReadAsync(Guid id, string clientId)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = clientId });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() });
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? Consents.Read(reader) : null;
    }

    private static ValueTask TakeConsent(ValidateTokenContext context)
    {
        if (context.ValidTokenTypes.Contains(ConsentType))
            context.Principal = new ClaimsPrincipal(new ClaimsIdentity("consent"))
                .SetTokenType(ConsentType)
                .SetPresenters(context.Request?.ClientId ?? "");
        return ValueTask.CompletedTask;
    }
}

using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Access.Principals;

/// <summary>A new API client.</summary>
public sealed record ClientBody
{
    public string? Name { get; init; }

    /// <summary>The scopes that its tokens may have; those of the caller's token when left out.</summary>
    public string[]? Scopes { get; init; }

    /// <summary>When it stops working; never when left out.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>An API client, without its secret.</summary>
public sealed record ClientView
{
    public required string ClientId { get; init; }

    /// <summary>Shown once, when the client is made or rotated.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>In a repetition: how to replace a secret that was lost.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SecretHint { get; init; }

    public required Guid PrincipalId { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>active or revoked.</summary>
    public required string Status { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Until when the secret before the last rotation still works.</summary>
    public DateTimeOffset? PreviousSecretUntil { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static ClientView Of(ApiClient row, string? secret = null) =>
        new()
        {
            ClientId = row.ClientId,
            ClientSecret = secret,
            PrincipalId = row.PrincipalId,
            Name = row.Name,
            Scopes = row.Scopes,
            Status = row.Status,
            ExpiresAt = row.ExpiresAt,
            PreviousSecretUntil = row.PreviousSecretUntil,
            CreatedAt = row.CreatedAt,
        };
}

/// <summary>Callers' own API clients; an organization's owners also see and end those of its members.</summary>
public static class ClientEndpoints
{
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    internal static string SecretHint(string clientId) =>
        $"The first answer showed the secret, and no other does. If it was lost, make a new one: POST /v1/clients/{clientId}/rotate.";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/clients", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listClients", "List API clients", "Your own clients, and those of the organizations that you own.")
            .Lists<ClientView>();
        v1.MapPost("/clients", CreateAsync)
            .RequireScope(Scopes.Read)
            .Takes<ClientBody>()
            .Idempotent()
            .Says(
                "createClient",
                "Create an API client",
                "Makes another client for yourself, with at most the scopes of your token. The secret is shown once."
            )
            .Answers<ClientView>(201)
            .Refuses(409);
        v1.MapPost(
                "/clients/{clientId}/rotate",
                (HttpContext http, GpuGrantsContext db, string clientId) => ChangeAsync(http, db, clientId, Rotate, MayRotate)
            )
            .RequireScope(Scopes.Read)
            .Idempotent()
            .Says(
                "rotateClient",
                "Rotate a client's secret",
                "Makes a new secret and shows it once. The old secret works for another 24 hours. Platform administrators "
                    + "may do this, and the client's own principal with a token that has all of the client's scopes."
            )
            .Answers<ClientView>()
            .Refuses(404, 409);
        v1.MapPost(
                "/clients/{clientId}/revoke",
                (HttpContext http, GpuGrantsContext db, string clientId) => ChangeAsync(http, db, clientId, Revoke, null)
            )
            .RequireScope(Scopes.Read)
            .Idempotent()
            .Says("revokeClient", "Revoke a client", "The client gets no more tokens. Its tokens stop working within five seconds.")
            .Answers<ClientView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var owned = caller.With(Roles.OrganizationOwner);
        var rows = db.Set<ApiClient>()
            .Where(row =>
                caller.IsPlatformAdministrator
                || row.PrincipalId == caller.PrincipalId
                || (row.OrganizationId != null && owned.Contains(row.OrganizationId.Value))
            );
        return TypedResults.Json(await http.PageAsync(rows, row => ClientView.Of(row)), ApiJson.Options);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var clock = http.RequestServices.GetRequiredService<TimeProvider>();
        var body = await http.BodyAsync(new Validator(caller.Scopes, clock.GetUtcNow()));
        var most = http.RequestServices.GetRequiredService<IOptions<HoldingOptions>>().Value.ClientsPerPrincipal;
        var own = await db.Set<ApiClient>().AsNoTracking().FirstOrDefaultAsync(row => row.ClientId == caller.ClientId, http.RequestAborted);
        return await http.RunAsync(
            new Change<(ApiClient Row, string Secret)>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch => batch.Table<Holdings>().Want(caller.PrincipalId),
                Deciding = batch =>
                {
                    if (RefuseMore(batch, caller.PrincipalId, most) is { } refused)
                        return refused;
                    var (row, secret) = Memberships.NewClient(
                        batch.Tree(TreeId.Platform).At,
                        caller.PrincipalId,
                        own?.OrganizationId,
                        body.Name!,
                        body.Scopes ?? [.. caller.Scopes],
                        caller.PrincipalId,
                        body.ExpiresAt
                    );
                    batch.Rows<ApiClient>().Insert(row);
                    batch.Table<Holdings>().Of(caller.PrincipalId).Clients++;
                    batch.Happened(
                        TreeId.Platform,
                        http.Actor(),
                        AccessEvents.ClientCreated,
                        new ClientData(row.ClientId, row.OrganizationId)
                    );
                    return (row, secret);
                },
            },
            made => Http.Answers.Created(null, ClientView.Of(made.Row, made.Secret)),
            made => Http.Answers.Created(null, Repeated(made.Row, made.Secret))
        );
    }

    private static async Task<IResult> ChangeAsync(
        HttpContext http,
        GpuGrantsContext db,
        string clientId,
        Func<ApiClient, DateTimeOffset, string?> change,
        Action<Caller, ApiClient>? check
    )
    {
        var caller = http.Caller();
        var found = await db.Set<ApiClient>().AsNoTracking().FirstOrDefaultAsync(row => row.ClientId == clientId, http.RequestAborted);
        if (
            found is null
            || !(
                found.PrincipalId == caller.PrincipalId
                || caller.IsPlatformAdministrator
                || (found.OrganizationId is { } organization && caller.Owns(organization))
            )
        )
            throw Problem.NotFound();
        check?.Invoke(caller, found);
        var result = await http.RunAsync(
            new Change<(ApiClient Row, string? Secret)>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch => batch.Rows<ApiClient>().Want(new RowKey(found.Id)),
                Deciding = batch =>
                {
                    var row = batch.Rows<ApiClient>().Find(new RowKey(found.Id))!;
                    if (row.Status != "active")
                        return Refusal.Conflict("client-revoked", "The client was revoked. Create another client.", "status");
                    var at = batch.Tree(TreeId.Platform).At;
                    var secret = change(row, at);
                    row.Version++;
                    row.UpdatedAt = at;
                    batch.Rows<ApiClient>().Update(row);
                    batch.Happened(
                        TreeId.Platform,
                        http.Actor(),
                        secret is null ? AccessEvents.ClientRevoked : AccessEvents.ClientRotated,
                        new ClientData(row.ClientId, row.OrganizationId)
                    );
                    return (row, secret);
                },
            },
            made => Http.Answers.Ok(ClientView.Of(made.Row, made.Secret)),
            made => Http.Answers.Ok(Repeated(made.Row, made.Secret))
        );
        http.RequestServices.GetRequiredService<CallerDirectory>().Forget();
        return result;
    }

    /// <summary>Refuses another client to a principal that has as many as it may.</summary>
    internal static Refusal? RefuseMore(BatchState batch, Guid principal, int most) =>
        batch.Table<Holdings>().Of(principal).Clients < most
            ? null
            : Refusal.Conflict("too-many-clients", $"One principal has at most {most} API clients. Revoke one of them first.") with
            {
                Limit = most,
            };

    private static ClientView Repeated(ApiClient row, string? secret) =>
        ClientView.Of(row) with
        {
            SecretHint = secret is null ? null : SecretHint(row.ClientId),
        };

    /// <summary>Whoever holds a secret can do what the client can, so a secret goes only to those who can do that already.</summary>
    private static void MayRotate(Caller caller, ApiClient client)
    {
        if (caller.PrincipalId != client.PrincipalId && !caller.IsPlatformAdministrator)
            throw Problem.Forbidden("Only the client's own principal rotates its secret. Owners of its organization may revoke it.");
        if (client.Scopes.FirstOrDefault(scope => !caller.Scopes.Contains(scope)) is { } lacking)
            throw new ProblemException(
                Problem.Document(
                    403,
                    "scope-missing",
                    $"The client has the scope '{lacking}', which your token lacks. Get a token with all of the client's scopes."
                )
            );
    }

    private static string? Rotate(ApiClient row, DateTimeOffset at)
    {
        var (secret, hash) = ClientSecret.Make();
        row.PreviousSecretHash = row.SecretHash;
        row.PreviousSecretUntil = at + Overlap;
        row.SecretHash = hash;
        return secret;
    }

    private static string? Revoke(ApiClient row, DateTimeOffset at)
    {
        row.Status = "revoked";
        return null;
    }

    private sealed class Validator : AbstractValidator<ClientBody>
    {
        public Validator(IReadOnlyCollection<string> allowed, DateTimeOffset now)
        {
            RuleFor(body => body.Name).Text(200);
            RuleFor(body => body.Scopes)
                .Must(scopes => scopes is null || (scopes.Length > 0 && scopes.All(allowed.Contains)))
                .WithMessage($"State scopes that your own token has: {string.Join(", ", allowed.Order(StringComparer.Ordinal))}.");
            RuleFor(body => body.ExpiresAt).Must(moment => moment is null || moment > now).WithMessage("State a moment in the future.");
        }
    }
}

using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Events;
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

    /// <summary>When it stops working; with the client that makes it when left out, and never later.</summary>
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

    /// <summary>The client through which it was made; null for the first of a platform.</summary>
    public string? MadeBy { get; init; }

    /// <summary>The client through which its secret was made last; null where a mailed code stands behind it.</summary>
    public string? SecretMadeBy { get; init; }

    /// <summary>In the answer to a revocation: the clients that were revoked with it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? RevokedWithIt { get; init; }

    /// <summary>In the answer to a revocation: the webhook endpoints that are disabled for it, also where they were before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Guid>? DisabledWithIt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

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
            MadeBy = row.MadeBy,
            SecretMadeBy = row.SecretMadeBy,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
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
            .Says(
                "listClients",
                "List API clients",
                "Your own clients, and those of the organizations that you own. madeBy lists the clients that one has made."
            )
            .ListsByChange<ClientView>("madeBy");
        v1.MapPost("/clients", CreateAsync)
            .RequireScope(Scopes.Clients)
            .Takes<ClientBody>()
            .Idempotent()
            .Says(
                "createClient",
                "Create an API client",
                "Makes another client for yourself. It has at most the scopes of your token and ends no later "
                    + "than the client that makes it. "
                    + "The secret is shown once."
            )
            .Answers<ClientView>(201)
            .Refuses(409);
        v1.MapPost(
                "/clients/{clientId}/rotate",
                (HttpContext http, GpuGrantsContext db, string clientId) => RotateAsync(http, db, clientId)
            )
            .RequireScope(Scopes.Clients)
            .Idempotent()
            .Says(
                "rotateClient",
                "Rotate a client's secret",
                "Makes a new secret and shows it once. The old secret works for another 24 hours. Platform administrators "
                    + "may do this for those who did not sign up, and the client's own principal. The token needs all of the client's "
                    + "scopes, and the calling client must not end earlier."
            )
            .Answers<ClientView>()
            .Refuses(404, 409);
        v1.MapPost(
                "/clients/{clientId}/revoke",
                (HttpContext http, GpuGrantsContext db, string clientId) => RevokeAsync(http, db, clientId)
            )
            .RequireScope(Scopes.Clients)
            .Idempotent()
            .Asks("descendants")
            .Says(
                "revokeClient",
                "Revoke a client",
                "The client gets no more tokens and changes nothing more. Its tokens stop reading within five seconds. With "
                    + "descendants=true, so do all clients that came through it, as far as you may revoke them. A client came through "
                    + "another one that made it or one of its secrets. A secret's maker counts until a mailed code, "
                    + "or a client that did not "
                    + "come through that maker, has renewed the secret twice. What a client made before that still came through the "
                    + "maker. The identities that these linked are unlinked. Webhook endpoints whose url or secret came through them "
                    + "are disabled."
            )
            .Answers<ClientView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var owned = caller.With(Roles.OrganizationOwner);
        var maker = http.Request.Query["madeBy"].ToString();
        var rows = db.Set<ApiClient>()
            .Where(row =>
                (maker.Length == 0 || row.MadeBy == maker)
                && (
                    caller.IsPlatformAdministrator
                    || row.PrincipalId == caller.PrincipalId
                    || (row.OrganizationId != null && owned.Contains(row.OrganizationId.Value))
                )
            );
        return TypedResults.Json(await http.PageAsync(rows, row => ClientView.Of(row)), ApiJson.Options);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var own = await OwnAsync(http, db);
        var body = await http.BodyAsync(new Validator(caller.Scopes, http.Now(), own?.ExpiresAt));
        var most = http.RequestServices.GetRequiredService<IOptions<HoldingOptions>>().Value.ClientsPerPrincipal;
        return await http.RunAsync(
            new Change<(ApiClient Row, string Secret)>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    batch.Table<Holdings>().Want(caller.PrincipalId);
                    batch.Table<ClientOrigins>().Plan(http.Actor());
                },
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
                        body.ExpiresAt ?? own?.ExpiresAt,
                        http.Actor().MadeBy()
                    );
                    batch.Rows<ApiClient>().Insert(row);
                    SecretMakers.Keep(batch, row, http.Actor());
                    batch.Table<Holdings>().Of(caller.PrincipalId).Clients++;
                    RecordEvent(batch, http.Actor(), row, AccessEvents.ClientCreated);
                    return (row, secret);
                },
            },
            made => Answer.Created(null, ClientView.Of(made.Row, made.Secret)),
            made => Answer.Created(null, Repeated(made.Row, made.Secret))
        );
    }

    private static async Task<IResult> RotateAsync(HttpContext http, GpuGrantsContext db, string clientId)
    {
        var found = await ManagedAsync(http, db, clientId);
        MayRotate(http.Caller(), found, (await OwnAsync(http, db))?.ExpiresAt);
        if (found.PrincipalId != http.Caller().PrincipalId && await IsOfPersonAsync(http, db, found.PrincipalId))
            throw Problem.Forbidden(
                "The client is of somebody who signed up, or of a program of theirs. They recover the secret by mail: POST /v1/recoveries."
            );
        return await http.RunAsync(
            new Change<(ApiClient Row, string Secret)>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch => batch.Table<SecretMakers>().Plan(batch, found.Id, http.Actor()),
                Deciding = batch =>
                {
                    var row = batch.Rows<ApiClient>().Find(new RowKey(found.Id))!;
                    if (row.Status != "active")
                        return Revoked();
                    // The endpoint judged the scopes that it read; a second role may have widened them since.
                    if (row.Scopes.Except(found.Scopes).Any())
                        return Refusal.Conflict("changed-meanwhile", "The client has got more scopes meanwhile. Try again.");
                    var secret = Rotate(row, batch.Tree(TreeId.Platform).At);
                    batch.Table<SecretMakers>().Renew(batch, row, http.Actor());
                    Update(batch, http.Actor(), row, AccessEvents.ClientRotated);
                    return (row, secret);
                },
            },
            made => Answer.Ok(ClientView.Of(made.Row, made.Secret)),
            made => Answer.Ok(Repeated(made.Row, made.Secret))
        );
    }

    private static async Task<IResult> RevokeAsync(HttpContext http, GpuGrantsContext db, string clientId)
    {
        var caller = http.Caller();
        var found = await ManagedAsync(http, db, clientId);
        var takesAlong = http.Flag("descendants") == true;
        return await http.RunAsync(
            new Change<(ApiClient Row, IReadOnlyList<string>? Others, IReadOnlyList<Guid>? Endpoints)>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    batch.Rows<ApiClient>().Want(new RowKey(found.Id));
                    if (!takesAlong)
                        return;
                    var lineage = batch.Table<ClientLineage>().Plan(batch, clientId);
                    batch.Table<LinksOfClients>().Plan(batch, lineage);
                    batch.Table<EndpointsOfClients>().Plan(batch, lineage);
                },
                Deciding = batch =>
                {
                    var row = batch.Rows<ApiClient>().Find(new RowKey(found.Id))!;
                    if (row.Status != "active" && !takesAlong)
                        return Revoked();
                    // Also those that were revoked before: what they linked goes on without them.
                    List<ApiClient> lineage = takesAlong ? batch.Table<ClientLineage>().Of(batch, row) : [row];
                    lineage.RemoveAll(one => !Manages(caller, one));
                    var ends = lineage.FindAll(one => one.Status == "active");
                    foreach (var one in ends)
                    {
                        one.Status = "revoked";
                        Update(batch, http.Actor(), one, AccessEvents.ClientRevoked);
                    }

                    if (!takesAlong)
                        return (row, null, null);
                    var gone = lineage.Select(one => one.ClientId).ToHashSet();
                    batch.Table<LinksOfClients>().Unlink(batch, http.Actor(), gone);
                    var disabled = batch.Table<EndpointsOfClients>().Disable(batch, http.Actor(), gone);
                    return (row, [.. ends.Where(one => one != row).Select(one => one.ClientId)], disabled);
                },
            },
            made => Answer.Ok(ClientView.Of(made.Row) with { RevokedWithIt = made.Others, DisabledWithIt = made.Endpoints })
        );
    }

    private static Refusal Revoked() => Refusal.Conflict("client-revoked", "The client was revoked. Create another client.", "status");

    private static void Update(BatchState batch, Actor actor, ApiClient row, EventType<ClientData> type)
    {
        batch.Change(row, batch.Tree(TreeId.Platform).At);
        RecordEvent(batch, actor, row, type);
    }

    private static void RecordEvent(BatchState batch, Actor actor, ApiClient row, EventType<ClientData> type) =>
        batch.RecordEvent(TreeId.Platform, actor, type, new ClientData(row.ClientId, row.OrganizationId));

    /// <summary>The client, if the caller may rotate or at least revoke it.</summary>
    private static async Task<ApiClient> ManagedAsync(HttpContext http, GpuGrantsContext db, string clientId) =>
        await db.Set<ApiClient>().AsNoTracking().FirstOrDefaultAsync(row => row.ClientId == clientId, http.RequestAborted) is { } found
        && Manages(http.Caller(), found)
            ? found
            : throw Problem.NotFound();

    private static bool Manages(Caller caller, ApiClient client) =>
        client.PrincipalId == caller.PrincipalId
        || caller.IsPlatformAdministrator
        || (client.OrganizationId is { } organization && caller.Owns(organization));

    /// <summary>Whether somebody who signed up is behind the principal. Whoever has its secret acts, and agrees, as that person.</summary>
    private static Task<bool> IsOfPersonAsync(HttpContext http, GpuGrantsContext db, Guid principal) =>
        db.Set<Principal>()
            .Where(row => row.Id == principal)
            .AnyAsync(row => db.Set<PersonRow>().Any(person => person.Id == row.PersonId), http.RequestAborted);

    /// <summary>The client that calls; null where an external issuer makes the tokens.</summary>
    private static Task<ApiClient?> OwnAsync(HttpContext http, GpuGrantsContext db)
    {
        var clientId = http.Caller().ClientId;
        return db.Set<ApiClient>().AsNoTracking().FirstOrDefaultAsync(row => row.ClientId == clientId, http.RequestAborted);
    }

    /// <summary>Refuses a client that ends: what it makes has no end of its own, and would outlive it.</summary>
    /// <exception cref="ProblemException">The calling client ends.</exception>
    internal static async Task DemandLastingAsync(HttpContext http, GpuGrantsContext db)
    {
        if ((await OwnAsync(http, db))?.ExpiresAt is { } end)
            throw Problem.Forbidden(
                $"The client that you call with ends at {UtcMoments.Text(end)}, and what you make has no end. Call with one that has none."
            );
    }

    /// <summary>Refuses another client to a principal that has as many as it may.</summary>
    internal static Refusal? RefuseMore(BatchState batch, Guid principal, int most) =>
        batch.Table<Holdings>().Of(principal).ClientsAt(batch.Tree(TreeId.Platform).At) < most
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
    private static void MayRotate(Caller caller, ApiClient client, DateTimeOffset? callersEnd)
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
        if (callersEnd is { } end && (client.ExpiresAt is null || client.ExpiresAt > end))
            throw Problem.Forbidden("The client lives longer than the one that you call with. Call with one that lives as long.");
    }

    private static string Rotate(ApiClient row, DateTimeOffset at)
    {
        var (secret, hash) = ClientSecret.Make();
        row.PreviousSecretHash = row.SecretHash;
        row.PreviousSecretUntil = at + Overlap;
        row.SecretHash = hash;
        return secret;
    }

    private sealed class Validator : AbstractValidator<ClientBody>
    {
        public Validator(IReadOnlyCollection<string> allowed, DateTimeOffset now, DateTimeOffset? latest)
        {
            RuleFor(body => body.Name).Name(200);
            RuleFor(body => body.Scopes)
                .Must(scopes => scopes is null || (scopes.Length > 0 && scopes.All(allowed.Contains)))
                .WithMessage($"State scopes that your own token has: {string.Join(", ", allowed.Order(StringComparer.Ordinal))}.");
            RuleFor(body => body.ExpiresAt).Must(moment => moment is null || moment > now).WithMessage("State a moment in the future.");
            RuleFor(body => body.ExpiresAt)
                .Must(moment => moment is null || latest is null || moment <= latest)
                .WithMessage(
                    $"The client that you call with ends at {(latest is { } end ? UtcMoments.Text(end) : "")}. State no later moment."
                );
        }
    }
}

using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Feed;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Webhooks.Dispatch;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Webhooks.Managing;

/// <summary>Webhook endpoints, their secrets and what was sent to them.</summary>
public static class WebhookEndpoints
{
    private const int PingsPerPeriod = 60;

    private static readonly TimeSpan PingPeriod = TimeSpan.FromHours(1);
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/webhook-endpoints", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listWebhookEndpoints", "List webhook endpoints", "Those of what you own, administer, operate or act for.")
            .ListsByTime<WebhookEndpointView>("ownerId");
        v1.MapPost("/webhook-endpoints", CreateAsync)
            .RequireScope(Scopes.Clients)
            .Takes<WebhookEndpointBody>()
            .Idempotent()
            .Says(
                "createWebhookEndpoint",
                "Be told of events",
                "The endpoint gets each event that its owner sees from now on, signed by Standard Webhooks 1.0. Events of one "
                    + "resource come in order. One that is not answered with 2xx within 15 seconds is sent again: after 5 s, 5 min, "
                    + "30 min, 2 h, 5 h, 10 h and 10 h. The answer shows the secret once."
            )
            .Answers<WebhookEndpointView>(201)
            .Refuses(409);
        v1.MapGet("/webhook-endpoints/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getWebhookEndpoint", "Read a webhook endpoint", "For those who manage its owner.")
            .Answers<WebhookEndpointView>()
            .Refuses(404);
        v1.MapPatch("/webhook-endpoints/{id:guid}", PatchAsync)
            .RequireScope(Scopes.Clients)
            .TakesPatch<WebhookEndpointBody>()
            .Says("updateWebhookEndpoint", "Change a webhook endpoint", "Address, description, types and status. It goes on where it was.")
            .Answers<WebhookEndpointView>();
        v1.MapDelete("/webhook-endpoints/{id:guid}", DeleteAsync)
            .RequireScope(Scopes.Clients)
            .Says("deleteWebhookEndpoint", "Delete a webhook endpoint", "Nothing more is sent to it.")
            .AnswersEmpty()
            .Refuses(404);
        v1.MapPost("/webhook-endpoints/{id:guid}/rotate-secret", RotateAsync)
            .RequireScope(Scopes.Clients)
            .Idempotent()
            .Says(
                "rotateWebhookSecret",
                "Rotate a webhook endpoint's secret",
                "Makes a new secret, shown once. For 24 hours both secrets sign each delivery."
            )
            .Answers<WebhookEndpointView>()
            .Refuses(404);
        v1.MapPost("/webhook-endpoints/{id:guid}/ping", PingAsync)
            .RequireScope(Scopes.Clients)
            .Says("pingWebhookEndpoint", "Try a webhook endpoint", "Sends a webhook.ping now and answers with what came back.")
            .Answers<WebhookDeliveryView>()
            .Refuses(404, 409, 429);
        v1.MapGet("/webhook-endpoints/{id:guid}/deliveries", DeliveriesAsync)
            .RequireScope(Scopes.Read)
            .Says("listWebhookDeliveries", "List what was sent", "Each attempt with its request, answer and timing, newest first.")
            .Lists<WebhookDeliveryView>()
            .Refuses(404);
        v1.MapPost("/webhook-endpoints/{id:guid}/redeliver", RedeliverAsync)
            .RequireScope(Scopes.Clients)
            .Takes<RedeliverBody>()
            .Says(
                "redeliverWebhooks",
                "Send again",
                "Sends the event of one delivery again, or everything that happened since a moment. The webhook-id stays the same, so a "
                    + "receiver knows what it has."
            )
            .AnswersEmpty()
            .Refuses(404);
    }

    private static async Task<WebhookEndpoint> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await WebhookOwners.Managed(db, http.Caller()).FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    /// <summary>An endpoint tells whoever receives it what its owner reads, and for good. So does only a client that reads and has no
    /// end.</summary>
    private static Task DemandLastingReaderAsync(HttpContext http, GpuGrantsContext db)
    {
        http.Caller().Demand(Scopes.Read);
        return ClientEndpoints.DemandLastingAsync(http, db);
    }

    private static WebhookEndpointValidator Validator(HttpContext http, bool isNew) =>
        new(isNew, http.RequestServices.GetRequiredService<IOptions<WebhookOptions>>().Value.AllowedNetworks.Length > 0);

    private static string[] TypesOf(string[]? patterns) =>
        [.. (patterns ?? []).SelectMany(FeedQuery.Matching).Distinct().Order(StringComparer.Ordinal)];

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var rows = WebhookOwners.Managed(db, http.Caller()).OnlyIds(http, "ownerId", row => row.OwnerId);
        return TypedResults.Json(await http.PageAsync(rows, WebhookEndpointView.Of), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Found(WebhookEndpointView.Of(row), row.Version);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db, WebhookSecrets secrets)
    {
        await DemandLastingReaderAsync(http, db);
        var body = await http.BodyAsync(Validator(http, isNew: true));
        if (!await WebhookOwners.ManagesAsync(db, http.Caller(), body.OwnerKind!, body.OwnerId, http.RequestAborted))
            throw Problem.Invalid("ownerId", "You manage no such owner. Name what you own, administer, operate or act for.");
        var most = http.RequestServices.GetRequiredService<IOptions<WebhookOptions>>().Value.EndpointsPerOwner;
        var maker = http.Actor().MadeBy();
        return await http.RunAsync(
            new Change<(WebhookEndpoint Row, string Secret)>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch =>
                {
                    batch.Table<EndpointCounts>().Want(body.OwnerKind!, body.OwnerId);
                    batch.Table<ClientOrigins>().Plan(http.Actor());
                },
                Deciding = batch =>
                {
                    if (batch.Table<EndpointCounts>().Of(batch, body.OwnerKind!, body.OwnerId) >= most)
                        return Refusal.Conflict(
                            "too-many-endpoints",
                            $"This owner has {most} endpoints, the most that are kept. Delete one, or let one take more types.",
                            "ownerId"
                        );
                    var at = batch.Tree(TreeId.Platform).At;
                    var (stored, shown) = secrets.Make();
                    var through = batch.Table<ClientOrigins>().ToKeep(batch, http.Actor());
                    var row = new WebhookEndpoint
                    {
                        Id = Guid.CreateVersion7(at),
                        OwnerKind = body.OwnerKind!,
                        OwnerId = body.OwnerId,
                        Url = body.Url!,
                        Description = body.Description,
                        Types = TypesOf(body.Types),
                        Format = body.Format ?? "standard",
                        Status = EndpointStatus.Active,
                        Secret = stored,
                        UrlSetBy = maker,
                        SecretMadeBy = maker,
                        UrlSetThrough = through,
                        SecretMadeThrough = through,
                        Version = 1,
                        CreatedBy = http.Caller().PrincipalId,
                        CreatedAt = at,
                        UpdatedAt = at,
                    };
                    batch.Rows<WebhookEndpoint>().Insert(row);
                    EndpointChanges.RecordEvent(batch, http.Actor(), row, WebhookEvents.Created);
                    return (row, shown);
                },
            },
            made => Answer.Created(PathOf(made.Row), WebhookEndpointView.Of(made.Row, made.Secret), made.Row.Version),
            again => Answer.Created(PathOf(again.Row), WebhookEndpointView.Of(again.Row), again.Row.Version)
        );
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await FindAsync(http, db, id);
        var patch = await http.PatchAsync(Validator(http, isNew: false));
        if (patch.Body.Url is not null)
            await DemandLastingReaderAsync(http, db);
        if (patch.Body.OwnerKind is not null || patch.Body.OwnerId is not null || patch.Body.Format is not null)
            throw Problem.Invalid("ownerKind", "Owner and format stay as they were made. Make another endpoint.");
        var maker = http.Actor().MadeBy();
        return await http.RunAsync(
            Changing(
                http,
                id,
                http.IfMatch(),
                (batch, row) =>
                {
                    if (patch.Body.Url is { } url)
                        (row.Url, row.UrlSetBy, row.UrlSetThrough) = (url, maker, batch.Table<ClientOrigins>().ToKeep(batch, http.Actor()));
                    row.Description = patch.Clears(nameof(patch.Body.Description)) ? null : patch.Body.Description ?? row.Description;
                    row.Types = patch.Body.Types is { } types ? TypesOf(types) : row.Types;
                    row.Status = patch.Body.Status ?? row.Status;
                    row.DisabledReason = row.Status == EndpointStatus.Disabled ? row.DisabledReason ?? EndpointStatus.ByHand : null;
                }
            ),
            row => Answer.Ok(WebhookEndpointView.Of(row), row.Version)
        );
    }

    private static async Task<IResult> DeleteAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await FindAsync(http, db, id);
        return await http.RunAsync(
            Changing(http, id, null, (_, row) => (row.Status, row.DisabledReason) = (EndpointStatus.Deleted, null)),
            _ => Answer.NoContent()
        );
    }

    private static async Task<IResult> RotateAsync(HttpContext http, GpuGrantsContext db, WebhookSecrets secrets, Guid id)
    {
        await FindAsync(http, db, id);
        await DemandLastingReaderAsync(http, db);
        var maker = http.Actor().MadeBy();
        var (stored, shown) = secrets.Make();
        var until = http.Now() + Overlap;
        return await http.RunAsync(
            Changing(
                http,
                id,
                null,
                (batch, row) =>
                {
                    (row.PreviousSecret, row.PreviousSecretUntil, row.Secret) = (row.Secret, until, stored);
                    row.PreviousSecretMadeThrough =
                    [
                        .. row.SecretMadeBy is { } former ? row.SecretMadeThrough.Append(former) : row.SecretMadeThrough,
                    ];
                    (row.SecretMadeBy, row.SecretMadeThrough) = (maker, batch.Table<ClientOrigins>().ToKeep(batch, http.Actor()));
                }
            ),
            row => Answer.Ok(WebhookEndpointView.Of(row, shown), row.Version),
            row => Answer.Ok(WebhookEndpointView.Of(row), row.Version)
        );
    }

    private static async Task<IResult> PingAsync(
        HttpContext http,
        GpuGrantsContext db,
        WebhookSender sender,
        WebhookSecrets secrets,
        DeliveryLog log,
        Guid id
    )
    {
        var row = await FindAsync(http, db, id);
        if (!secrets.CanSign(row))
            throw Problem.Thrown(
                Refusal.Conflict("secret-unreadable", "The service can no longer read the endpoint's secret. Rotate the secret.")
            );
        var at = http.Now();
        using var place = sender.Pings.Enter(row.Id);
        if (place is null || await log.PingsAsync(row.Id, at - PingPeriod, http.RequestAborted) >= PingsPerPeriod)
            throw new ProblemException(
                Problem.Document(
                    429,
                    "too-many-pings",
                    $"An endpoint gets one ping at a time, and at most {PingsPerPeriod} in an hour. Try again later."
                ),
                TimeSpan.FromMinutes(1)
            );
        // Also for a caller who hangs up: the receiver gets it, so it counts, and keeps its place until it is over.
        var sent = await sender.SendAsync(row, WebhookMessage.Ping(row, at), 1, CancellationToken.None);
        await log.WriteAsync([sent.Delivery], CancellationToken.None);
        return TypedResults.Json(WebhookDeliveryView.Of(sent.Delivery), ApiJson.Options);
    }

    private static async Task<IResult> DeliveriesAsync(HttpContext http, GpuGrantsContext db, DeliveryLog log, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var limit = Paging.Limit(http);
        var found = await log.ListAsync(row.Id, Paging.After(http)?.Id, limit + 1, http.RequestAborted);
        var shown = found.Take(limit).ToList();
        await log.FillAsync(row.Format, shown, http.RequestAborted);
        var next = found.Count > limit ? Paging.Next(http, new ListPosition(shown[^1].Id)) : null;
        return TypedResults.Json(new Page<WebhookDeliveryView>([.. shown.Select(WebhookDeliveryView.Of)], next), ApiJson.Options);
    }

    private static async Task<IResult> RedeliverAsync(HttpContext http, GpuGrantsContext db, WebhookStore store, DeliveryLog log, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var at = http.Now();
        var body = await http.BodyAsync(new RedeliverValidator(at));
        if (body.Since is { } since)
            await store.ReplayAsync(row.Id, since, http.RequestAborted);
        else
        {
            var delivery =
                await log.FindAsync(row.Id, body.DeliveryId ?? Guid.Empty, http.RequestAborted)
                ?? throw Problem.Invalid("deliveryId", "The endpoint has no such delivery.");
            if (delivery.Sequence == 0)
                throw Problem.Invalid("deliveryId", "A ping is sent again by another ping.");
            await store.AgainAsync(delivery, at, http.RequestAborted);
        }

        return TypedResults.NoContent();
    }

    private static ChangeResource<WebhookEndpoint> Changing(
        HttpContext http,
        Guid id,
        ExpectedVersions? expected,
        Action<BatchState, WebhookEndpoint> change
    ) => EndpointChanges.Make(http.Actor(), id, expected, change, batch => batch.Table<ClientOrigins>().Plan(http.Actor()));

    private static string PathOf(WebhookEndpoint row) => $"/v1/webhook-endpoints/{row.Id}";
}

using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
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

namespace GpuGrants.Api.Partners;

/// <summary>A new partner, or a change, which keeps what it leaves out.</summary>
public sealed record PartnerBody
{
    public string? Name { get; init; }

    /// <summary>active, suspended or closed; only for a change.</summary>
    public string? Status { get; init; }
}

/// <summary>A portal that integrates with the service.</summary>
/// <param name="UpdatedAt">When it was changed last.</param>
public sealed record PartnerView(Guid Id, string Name, string Status, long Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static PartnerView Of(Partner row) => new(row.Id, row.Name, row.Status, row.Version, row.CreatedAt, row.UpdatedAt);
}

/// <summary>Partners and their people.</summary>
public static class PartnerEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/partners", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listPartners", "List partners", "Your own; platform administrators see all.")
            .ListsByChange<PartnerView>();
        v1.MapGet("/partners/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getPartner", "Read a partner", "For its people and platform administrators.")
            .Answers<PartnerView>()
            .Refuses(404);
        v1.MapPost("/partners", CreateAsync)
            .RequireScope(Scopes.Administer)
            .Takes<PartnerBody>()
            .Idempotent()
            .Says("createPartner", "Add a partner", "For platform administrators.")
            .Answers<PartnerView>(201);
        v1.MapPatch("/partners/{id:guid}", PatchAsync)
            .RequireScope(Scopes.Administer)
            .TakesPatch<PartnerBody>()
            .Says("updatePartner", "Change a partner", "For platform administrators.")
            .Answers<PartnerView>();
        v1.MapPost(
                "/partners/{id:guid}/members",
                async (HttpContext http, GpuGrantsContext db, Guid id) =>
                {
                    http.RequirePlatformAdministrator();
                    await VisibleAsync(http, db, id);
                    return await Memberships.AddAsync(http, db, id, null, null, Roles.Partner);
                }
            )
            .RequireScope(Scopes.Administer)
            .Takes<MemberBody>()
            .Idempotent()
            .Says("addPartnerMember", "Add someone to a partner", "For platform administrators.")
            .Answers<MemberView>(201)
            .Refuses(404, 409);
    }

    private static async Task<Partner> VisibleAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await db.Set<Partner>().AsNoTracking().FirstOrDefaultAsync(one => one.Id == id, http.RequestAborted);
        return row is not null && (http.Caller().IsPlatformAdministrator || http.Caller().Has(Roles.Partner, id))
            ? row
            : throw Problem.NotFound();
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var all = http.Caller().IsPlatformAdministrator;
        var mine = http.Caller().With(Roles.Partner);
        return TypedResults.Json(
            await http.PageAsync(db.Set<Partner>().Where(row => all || mine.Contains(row.Id)), PartnerView.Of),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await VisibleAsync(http, db, id);
        return http.Found(PartnerView.Of(row), row.Version);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext _)
    {
        http.RequirePlatformAdministrator();
        var body = await http.BodyAsync(new Validator(isNew: true));
        return await http.RunAsync(
            new Change<Partner>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Deciding = batch =>
                {
                    var at = batch.Tree(TreeId.Platform).At;
                    var row = new Partner
                    {
                        Id = Guid.CreateVersion7(at),
                        Name = body.Name!,
                        Status = "active",
                        Version = 1,
                        CreatedAt = at,
                        UpdatedAt = at,
                    };
                    batch.Rows<Partner>().Insert(row);
                    RecordEvent(batch, http.Actor(), row, OrganizationEvents.PartnerCreated);
                    return row;
                },
            },
            row => Answer.Created($"/v1/partners/{row.Id}", PartnerView.Of(row), row.Version)
        );
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        http.RequirePlatformAdministrator();
        var seen = await VisibleAsync(http, db, id);
        var patch = await http.PatchAsync(new Validator(isNew: false));
        var changesStatus = (patch.Body.Status ?? seen.Status) != seen.Status;
        return await http.RunAsync(
            new ChangeResource<Partner>
            {
                Tree = TreeId.Platform,
                // Alone: a suspended partner acts for nobody any more once that is acknowledged.
                RunsAlone = changesStatus,
                Actor = http.Actor(),
                Key = new RowKey(id),
                ExpectedVersion = http.IfMatch(),
                Changing = (_, row) =>
                {
                    // It has another status since the call came, and to change that the command would have to be alone.
                    if (!changesStatus && (patch.Body.Status ?? row.Status) != row.Status)
                        return Refusal.Stale(row.Version);
                    row.Name = patch.Body.Name ?? row.Name;
                    row.Status = patch.Body.Status ?? row.Status;
                    return null;
                },
                Recording = (batch, row) => RecordEvent(batch, http.Actor(), row, OrganizationEvents.PartnerUpdated),
            },
            row => Answer.Ok(PartnerView.Of(row), row.Version)
        );
    }

    private static void RecordEvent(BatchState batch, Actor actor, Partner row, EventType<PartnerData> type) =>
        batch.RecordEvent(TreeId.Platform, actor, type, new PartnerData(row.Id, row.Status, row.Version));

    private sealed class Validator : AbstractValidator<PartnerBody>
    {
        public Validator(bool isNew)
        {
            RuleFor(body => body.Name).Name(200, required: isNew);
            RuleFor(body => body.Status).OneOf(["active", "suspended", "closed"], required: false);
        }
    }
}

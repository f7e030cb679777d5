using FluentValidation;
using GpuGrants.Api.Access;
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

namespace GpuGrants.Api.Offers;

/// <summary>A new GPU model, or a change, which keeps what it leaves out.</summary>
public sealed record GpuModelBody
{
    /// <summary>A lower-case word such as h100-80gb; only for a new one.</summary>
    public string? Id { get; init; }

    public string? Name { get; init; }

    /// <summary>A lower-case word that quota rules may name, such as datacenter.</summary>
    public string? GpuClass { get; init; }

    public int? MemoryGib { get; init; }

    public string? Vendor { get; init; }

    /// <summary>active or retired; only for a change. A price list proposed a model that is proposed.</summary>
    public string? Status { get; init; }
}

/// <summary>A GPU model.</summary>
public sealed record GpuModelView(string Id, string Name, string GpuClass, int MemoryGib, string Vendor, string Status, long Version)
{
    public static GpuModelView Of(GpuModel row) => new(row.Id, row.Name, row.GpuClass, row.MemoryGib, row.Vendor, row.Status, row.Version);
}

/// <summary>GPU models.</summary>
public static class CatalogueEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet(
                "/gpu-models",
                async (HttpContext http, GpuGrantsContext db) =>
                    TypedResults.Json(
                        new Page<GpuModelView>(
                            [
                                .. (await db.Set<GpuModel>().AsNoTracking().OrderBy(row => row.Id).ToListAsync(http.RequestAborted)).Select(
                                    GpuModelView.Of
                                ),
                            ],
                            null
                        ),
                        ApiJson.Options
                    )
            )
            .RequireScope(Scopes.Read)
            .WithoutToken()
            .Says("listGpuModels", "List GPU models", "Lists all models on one page.")
            .Answers<Page<GpuModelView>>();
        v1.MapGet("/gpu-models/{id}", GetAsync)
            .RequireScope(Scopes.Read)
            .WithoutToken()
            .Says("getGpuModel", "Read a GPU model", "One model.")
            .Answers<GpuModelView>()
            .Refuses(404);
        // A method of HttpContext alone would count as a RequestDelegate, whose result nobody writes.
        v1.MapPost("/gpu-models", (Delegate)CreateAsync)
            .RequireScope(Scopes.Administer)
            .Takes<GpuModelBody>()
            .Idempotent()
            .Says("createGpuModel", "Add a GPU model", "For platform administrators.")
            .Answers<GpuModelView>(201)
            .Refuses(409);
        v1.MapPatch("/gpu-models/{id}", PatchAsync)
            .RequireScope(Scopes.Administer)
            .TakesPatch<GpuModelBody>()
            .Says("updateGpuModel", "Change a GPU model", "For platform administrators.")
            .Answers<GpuModelView>();
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, string id)
    {
        var row =
            await db.Set<GpuModel>().AsNoTracking().FirstOrDefaultAsync(one => one.Id == id, http.RequestAborted)
            ?? throw Problem.NotFound();
        return http.Found(GpuModelView.Of(row), row.Version);
    }

    private static async Task<IResult> CreateAsync(HttpContext http)
    {
        http.RequirePlatformAdministrator();
        var body = await http.BodyAsync(new Validator(isNew: true));
        return await http.RunAsync(
            new Change<GpuModel>
            {
                Tree = TreeId.Platform,
                RunsAlone = true,
                Actor = http.Actor(),
                Planning = batch => batch.Rows<GpuModel>().Want(RowKey.Of(body.Id!)),
                Deciding = batch =>
                {
                    if (batch.Rows<GpuModel>().Find(RowKey.Of(body.Id!)) is not null)
                        return Refusal.Conflict("gpu-model-exists", "A model with this id exists. Change it, or choose another id.", "id");
                    var at = batch.Tree(TreeId.Platform).At;
                    var row = new GpuModel
                    {
                        Id = body.Id!,
                        Name = body.Name!,
                        GpuClass = body.GpuClass!,
                        MemoryGib = body.MemoryGib!.Value,
                        Vendor = body.Vendor!,
                        Status = "active",
                        Version = 1,
                        CreatedAt = at,
                        UpdatedAt = at,
                    };
                    batch.Rows<GpuModel>().Insert(row);
                    Changed(batch, http.Actor(), row, OfferEvents.GpuModelCreated);
                    return row;
                },
            },
            row => Answer.Created($"/v1/gpu-models/{row.Id}", GpuModelView.Of(row), row.Version)
        );
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, string id)
    {
        http.RequirePlatformAdministrator();
        if (!await db.Set<GpuModel>().AnyAsync(row => row.Id == id, http.RequestAborted))
            throw Problem.NotFound();
        var patch = await http.PatchAsync(new Validator(isNew: false));
        return await http.RunAsync(
            new ChangeResource<GpuModel>
            {
                Tree = TreeId.Platform,
                RunsAlone = true,
                Actor = http.Actor(),
                Key = RowKey.Of(id),
                ExpectedVersion = http.IfMatch(),
                Changing = (_, row) => Apply(patch.Body, row),
                Recording = (batch, row) => Changed(batch, http.Actor(), row, OfferEvents.GpuModelUpdated),
            },
            row => Answer.Ok(GpuModelView.Of(row), row.Version)
        );
    }

    private static Refusal? Apply(GpuModelBody body, GpuModel row)
    {
        row.Name = body.Name ?? row.Name;
        row.GpuClass = body.GpuClass ?? row.GpuClass;
        row.MemoryGib = body.MemoryGib ?? row.MemoryGib;
        row.Vendor = body.Vendor ?? row.Vendor;
        row.Status = body.Status ?? row.Status;
        return null;
    }

    private static void Changed(BatchState batch, Actor actor, GpuModel row, EventType<GpuModelData> type)
    {
        batch.RecordEvent(TreeId.Platform, actor, type, new GpuModelData(row.Id, row.Status));
        batch.Tree(TreeId.Platform).MarkConfigChanged();
    }

    private sealed class Validator : AbstractValidator<GpuModelBody>
    {
        public Validator(bool isNew)
        {
            RuleFor(body => body.Id).Slug(required: isNew);
            RuleFor(body => body.Name).Name(100, required: isNew);
            RuleFor(body => body.GpuClass).Slug(required: isNew);
            RuleFor(body => body.Vendor).Text(100, required: isNew);
            RuleFor(body => body.MemoryGib)
                .Bound(
                    new Bounds
                    {
                        IsRequired = isNew,
                        Min = 1,
                        Max = 4_096,
                    },
                    memory => memory is null ? !isNew : memory is >= 1 and <= 4_096
                )
                .WithMessage("State 1 to 4,096 GiB.");
            RuleFor(body => body.Status).OneOf(["active", "retired"], required: false);
            if (!isNew)
                RuleFor(body => body.Id).Null().WithMessage("A model keeps its id.");
        }
    }
}

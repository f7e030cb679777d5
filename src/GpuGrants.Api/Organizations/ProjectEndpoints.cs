using System.Text.Json.Serialization;
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

namespace GpuGrants.Api.Organizations;

/// <summary>A new project, or a change, which keeps what it leaves out.</summary>
public sealed record ProjectBody : IOwnNames
{
    public string? Name { get; init; }

    [MayBeEmpty]
    public string? Description { get; init; }

    /// <summary>Your own name for it, by which lists find it. It does not have to be unique.</summary>
    [MayBeEmpty]
    public string? ExternalId { get; init; }

    /// <summary>Your own notes on it: at most 20 short texts under names of yours. In a change, null removes a note.</summary>
    [MayBeEmpty]
    public Dictionary<string, string?>? Metadata { get; init; }

    /// <summary>active or closed; only for a change.</summary>
    public string? Status { get; init; }
}

/// <summary>A part of an organization's work, with requests and grants of its own.</summary>
/// <param name="UpdatedAt">When it was changed last.</param>
public sealed record ProjectView(
    Guid Id,
    Guid OrganizationId,
    string Name,
    string? Description,
    string Status,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    /// <summary>The organization's own name for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExternalId { get; init; }

    /// <summary>The organization's own notes on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public static ProjectView Of(Project row) =>
        new(row.Id, row.OrganizationId, row.Name, row.Description, row.Status, row.Version, row.CreatedAt, row.UpdatedAt)
        {
            ExternalId = row.ExternalId,
            Metadata = Http.Bodies.Metadata.Read(row.Metadata),
        };
}

/// <summary>Projects of organizations.</summary>
public static class ProjectEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/organizations/{id:guid}/projects", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listProjects", "List projects", "The organization's projects.")
            .ListsByChange<ProjectView>("externalId")
            .Refuses(404);
        v1.MapPost("/organizations/{id:guid}/projects", CreateAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<ProjectBody>()
            .Idempotent()
            .Says("createProject", "Create a project", "For members of the organization.")
            .Answers<ProjectView>(201)
            .Refuses(404, 409);
        v1.MapGet("/organizations/{id:guid}/projects/{projectId:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getProject", "Read a project", "For those who see the organization.")
            .Answers<ProjectView>()
            .Refuses(404);
        v1.MapPatch("/organizations/{id:guid}/projects/{projectId:guid}", PatchAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .TakesPatch<ProjectBody>()
            .Says("updateProject", "Change or close a project", "For members of the organization. A closed project takes no requests.")
            .Answers<ProjectView>();
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OrganizationEndpoints.VisibleAsync(http, db, id);
        var rows = db.Set<Project>().Where(row => row.OrganizationId == id).OnlyWords(http, "externalId", row => row.ExternalId);
        return TypedResults.Json(await http.PageAsync(rows, ProjectView.Of), ApiJson.Options);
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await MayChangeAsync(http, db, id);
        var body = await http.BodyAsync(new Validator(isNew: true));
        return await http.RunAsync(
            new Change<Project>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch => batch.Rows<Organization>().Want(new RowKey(id)),
                Deciding = batch =>
                {
                    if (OrganizationChange.RefuseInactive(batch, id) is { } refused)
                        return refused;
                    var at = batch.Tree(TreeId.Platform).At;
                    var row = new Project
                    {
                        Id = Guid.CreateVersion7(at),
                        OrganizationId = id,
                        Name = body.Name!,
                        Description = body.Description,
                        Status = "active",
                        Version = 1,
                        CreatedAt = at,
                        UpdatedAt = at,
                    };
                    row.TakeNames(body);
                    batch.Rows<Project>().Insert(row);
                    RecordEvent(batch, http.Actor(), row, OrganizationEvents.ProjectCreated);
                    return row;
                },
            },
            row => Answer.Created($"/v1/organizations/{id}/projects/{row.Id}", ProjectView.Of(row), row.Version)
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid projectId)
    {
        await OrganizationEndpoints.VisibleAsync(http, db, id);
        var row =
            await db.Set<Project>()
                .AsNoTracking()
                .FirstOrDefaultAsync(one => one.Id == projectId && one.OrganizationId == id, http.RequestAborted)
            ?? throw Problem.NotFound();
        return http.Found(ProjectView.Of(row), row.Version);
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid projectId)
    {
        await MayChangeAsync(http, db, id);
        var patch = await http.PatchAsync(new Validator(isNew: false));
        return await http.RunAsync(
            new ChangeResource<Project>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Key = new RowKey(projectId),
                ExpectedVersion = http.IfMatch(),
                Planning = batch => batch.Rows<Organization>().Want(new RowKey(id)),
                Changing = (batch, row) =>
                    row.OrganizationId != id ? Refusal.NotFound : OrganizationChange.RefuseInactive(batch, id) ?? Apply(patch, row),
                Recording = (batch, row) => RecordEvent(batch, http.Actor(), row, OrganizationEvents.ProjectUpdated),
            },
            row => Answer.Ok(ProjectView.Of(row), row.Version)
        );
    }

    private static async Task MayChangeAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OrganizationEndpoints.VisibleAsync(http, db, id);
        if (!http.Caller().BelongsTo(id) && !http.Caller().IsPlatformAdministrator)
            throw Problem.Forbidden("Only the organization's members change its projects.");
    }

    private static Refusal? Apply(MergePatch<ProjectBody> patch, Project row)
    {
        if (patch.Rename(row) is { } refused)
            return refused;
        row.Name = patch.Body.Name ?? row.Name;
        row.Description = patch.Clears(nameof(ProjectBody.Description)) ? null : patch.Body.Description ?? row.Description;
        row.Status = patch.Body.Status ?? row.Status;
        return null;
    }

    private static void RecordEvent(BatchState batch, Actor actor, Project row, EventType<ProjectData> type) =>
        batch.RecordEvent(
            TreeId.Platform,
            actor,
            type,
            new ProjectData(row.Id, row.OrganizationId, row.Status, row.Version),
            batch.Rows<Organization>().Find(new RowKey(row.OrganizationId))!.Livemode
        );

    private sealed class Validator : AbstractValidator<ProjectBody>
    {
        public Validator(bool isNew)
        {
            RuleFor(body => body.Name).Name(200, required: isNew);
            RuleFor(body => body.Description).Text(2_000, required: false);
            RuleFor(body => body.Status).OneOf(["active", "closed"], required: false);
            this.HasOwnNames(isNew);
            if (isNew)
                RuleFor(body => body.Status).Null().WithMessage("Leave the status out: a new project is active.");
        }
    }
}

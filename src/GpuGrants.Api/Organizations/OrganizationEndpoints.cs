using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Requests;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Organizations;

/// <summary>A new organization.</summary>
public sealed record OrganizationBody
{
    /// <summary>startup, individual, student, school, university, nonprofit or enterprise. A lone developer is an individual.</summary>
    public string? Kind { get; init; }

    public string? Name { get; init; }

    /// <summary>ISO 3166-1 alpha-2.</summary>
    public string? Country { get; init; }

    /// <summary>For platform administrators: the name of an owner to make, whose client credentials the answer shows once. Otherwise the caller owns it.</summary>
    public string? OwnerName { get; init; }

    /// <summary>The <c>sub</c> of the owner's tokens, where an external issuer makes them.</summary>
    public string? OwnerSubject { get; init; }

    /// <summary>False for an organization that only tries the service out, in test programmes.</summary>
    public bool? Livemode { get; init; }
}

/// <summary>Changes of an organization; what is left out stays.</summary>
public sealed record OrganizationPatch
{
    public string? Name { get; init; }

    public string? Country { get; init; }

    /// <summary>For platform administrators: whether somebody has checked who they are.</summary>
    public bool? Verified { get; init; }

    /// <summary>For platform administrators: email domains that the organization has shown to be its own.</summary>
    public string[]? VerifiedEmailDomains { get; init; }

    /// <summary>For platform administrators: active or suspended.</summary>
    public string? Status { get; init; }
}

/// <summary>Who gets compute.</summary>
public sealed record OrganizationView
{
    public required Guid Id { get; init; }

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Country { get; init; }

    public required bool Verified { get; init; }

    public required IReadOnlyList<string> VerifiedEmailDomains { get; init; }

    public required bool Livemode { get; init; }

    /// <summary>active, suspended or closed.</summary>
    public required string Status { get; init; }

    /// <summary>The new owner's credentials; the secret is shown this once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CredentialsView? OwnerClient { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static OrganizationView Of(Organization row) => new()
    {
        Id = row.Id,
        Kind = row.Kind,
        Name = row.Name,
        Country = row.Country,
        Verified = row.VerifiedAt is not null,
        VerifiedEmailDomains = row.VerifiedEmailDomains,
        Livemode = row.Livemode,
        Status = row.Status,
        Version = row.Version,
        CreatedAt = row.CreatedAt,
    };
}

/// <summary>Organizations and their members.</summary>
public static class OrganizationEndpoints
{
    public static readonly string[] Kinds = ["startup", "individual", "student", "school", "university", "nonprofit", "enterprise"];
    private static readonly string[] MemberRoles = [Roles.OrganizationOwner, Roles.OrganizationMember];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/organizations", CreateAsync).RequireScope(Scopes.Request).Takes<OrganizationBody>().Idempotent()
            .Says("createOrganization", "Create an organization", "The caller becomes its owner; a platform administrator may make the owner with it.").Answers<OrganizationView>(201);
        v1.MapGet("/organizations", ListAsync).RequireScope(Scopes.Read)
            .Says("listOrganizations", "List organizations", "Those that you belong to; platform administrators see all.").Lists<OrganizationView>("kind", "status");
        v1.MapGet("/organizations/{id:guid}", GetAsync).RequireScope(Scopes.Read)
            .Says("getOrganization", "Read an organization", "For its members, reviewers of programmes that it asked, and platform administrators.").Answers<OrganizationView>().Refuses(404);
        v1.MapPatch("/organizations/{id:guid}", PatchAsync).RequireScope(Scopes.Request).Takes<OrganizationPatch>().Conditional()
            .Says("updateOrganization", "Change an organization", "Owners change name and country; platform administrators also verify and suspend.").Answers<OrganizationView>();
        v1.MapPost("/organizations/{id:guid}/close", CloseAsync).RequireScope(Scopes.Request).Idempotent()
            .Says("closeOrganization", "Close an organization", "It can ask for nothing more. Its grants go on until they end.").Answers<OrganizationView>().Refuses(404, 409);
        v1.MapGet("/organizations/{id:guid}/members", MembersAsync).RequireScope(Scopes.Read)
            .Says("listOrganizationMembers", "List members", "Owners and members.").Lists<MemberView>().Refuses(404);
        v1.MapPost("/organizations/{id:guid}/members", AddMemberAsync).RequireScope(Scopes.Request).Takes<MemberBody>().Idempotent()
            .Says("addOrganizationMember", "Add a member", "For owners: a principal that is there, or a new one whose credentials the answer shows once.").Answers<MemberView>(201).Refuses(404, 409);
        v1.MapDelete("/organizations/{id:guid}/members/{principalId:guid}", RemoveMemberAsync).RequireScope(Scopes.Request)
            .Says("removeOrganizationMember", "Remove a member", "For owners. The last owner cannot be removed.").AnswersEmpty().Refuses(404, 409);
    }

    /// <summary>The organization if the caller may see it.</summary>
    public static async Task<Organization> VisibleAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var caller = http.Caller();
        var row = await db.Set<Organization>().AsNoTracking().FirstOrDefaultAsync(one => one.Id == id, http.RequestAborted);
        if (row is null) throw Problem.NotFound();
        if (caller.IsPlatformAdministrator || caller.BelongsTo(id)) return row;
        var reviewed = caller.ReviewedProgrammes;
        if (reviewed.Length > 0 && await db.Set<Request>().AnyAsync(request => request.OrganizationId == id
            && db.Set<Programme>().Any(programme => programme.Id == request.ProgrammeId && programme.Path.Any(one => reviewed.Contains(one))), http.RequestAborted)) return row;
        throw Problem.NotFound();
    }

    private static async Task<IResult> CreateAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var body = await http.BodyAsync(new Validator());
        if ((body.OwnerName ?? body.OwnerSubject) is not null && !caller.IsPlatformAdministrator) throw Problem.Forbidden("Only platform administrators make an organization for another owner. Leave ownerName and ownerSubject out: you will own it.");
        var owner = await Newcomer.OfAsync(http, db, body.OwnerName, "ownerName", body.OwnerSubject, "ownerSubject");
        return await ForgetRoles(http, Newcomer.OnceAsync(() => http.RunAsync(new Change
        {
            Tree = Guid.Empty,
            Actor = http.Actor(),
            IdempotencyKey = http.IdempotencyKey(),
            Deciding = workspace => Create(workspace, http.Actor(), body, owner),
            Repeating = Secrets.Hide,
        })));
    }

    private static Answer Create(Workspace workspace, Actor actor, OrganizationBody body, Newcomer? newcomer)
    {
        var at = workspace.Tree(Guid.Empty).At;
        var row = new Organization
        {
            Id = Guid.CreateVersion7(at),
            Kind = body.Kind!,
            Name = body.Name!,
            Country = body.Country!,
            Livemode = body.Livemode ?? true,
            Status = "active",
            Version = 1,
            CreatedBy = actor.PrincipalId,
            CreatedAt = at,
            UpdatedAt = at,
        };
        workspace.Rows<Organization>().Insert(row);
        var (owner, client) = newcomer?.Enter(workspace, actor, Roles.OrganizationOwner, row.Id) ?? (actor.PrincipalId, null);
        Memberships.Assign(workspace, actor, owner, Roles.OrganizationOwner, row.Id);
        Happened(workspace, actor, row, "organization.created");
        return Http.Answers.Created($"/v1/organizations/{row.Id}", OrganizationView.Of(row) with { OwnerClient = client }, row.Version);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var mine = caller.Organizations;
        var kind = http.ChoiceFilter("kind", Kinds);
        var status = http.ChoiceFilter("status", "active", "suspended", "closed");
        var rows = db.Set<Organization>().Where(row => (caller.IsPlatformAdministrator || mine.Contains(row.Id)) && (kind == null || row.Kind == kind) && (status == null || row.Status == status));
        return TypedResults.Json(await http.PageAsync(rows, OrganizationView.Of), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await VisibleAsync(http, db, id);
        http.Response.Headers.ETag = Http.Answers.ETag(row.Version);
        return TypedResults.Json(OrganizationView.Of(row), ApiJson.Options);
    }

    private static async Task<IResult> PatchAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var caller = http.Caller();
        await VisibleAsync(http, db, id);
        if (!caller.Owns(id)) throw Problem.Forbidden("Only the organization's owners change it.");
        var body = await http.BodyAsync(new PatchValidator());
        if (!caller.IsPlatformAdministrator && (body.Verified ?? (object?)body.VerifiedEmailDomains ?? body.Status) is not null)
            throw Problem.Forbidden("Only platform administrators verify or suspend organizations.");
        return await ChangeAsync(http, id, http.IfMatch(), (row, at) =>
        {
            row.Name = body.Name ?? row.Name;
            row.Country = body.Country ?? row.Country;
            if (body.Verified is { } verified) row.VerifiedAt = verified ? row.VerifiedAt ?? at : null;
            row.VerifiedEmailDomains = body.VerifiedEmailDomains ?? row.VerifiedEmailDomains;
            row.Status = body.Status ?? row.Status;
        }, "organization.updated");
    }

    private static async Task<IResult> CloseAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await VisibleAsync(http, db, id);
        if (!http.Caller().Owns(id)) throw Problem.Forbidden("Only the organization's owners close it.");
        return await ChangeAsync(http, id, null, (row, _) => row.Status = "closed", "organization.closed");
    }

    private static Task<IResult> ChangeAsync(HttpContext http, Guid id, long? expected, Action<Organization, DateTimeOffset> change, string type) => http.RunAsync(new Change
    {
        Tree = Guid.Empty,
        Actor = http.Actor(),
        IdempotencyKey = http.IdempotencyKey(),
        Planning = workspace => workspace.Rows<Organization>().Want(new RowKey(id)),
        Deciding = workspace =>
        {
            var row = workspace.Rows<Organization>().Find(new RowKey(id))!;
            if (expected is { } version && version != row.Version) return Problem.Stale(row.Version);
            if (row.Status == "closed") return Problem.Conflict("organization-closed", "The organization is closed for good.", "status");
            var at = workspace.Tree(Guid.Empty).At;
            change(row, at);
            row.Version++;
            row.UpdatedAt = at;
            workspace.Rows<Organization>().Update(row);
            Happened(workspace, http.Actor(), row, type);
            return Http.Answers.Ok(OrganizationView.Of(row), row.Version);
        },
    });

    private static async Task<IResult> MembersAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await VisibleAsync(http, db, id);
        return await Memberships.ListAsync(http, db, id, MemberRoles);
    }

    private static async Task<IResult> AddMemberAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await VisibleAsync(http, db, id);
        if (!http.Caller().Owns(id)) throw Problem.Forbidden("Only the organization's owners add members.");
        return await Memberships.AddAsync(http, db, id, id, MemberRoles);
    }

    private static async Task<IResult> RemoveMemberAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid principalId)
    {
        var seen = await VisibleAsync(http, db, id);
        if (!http.Caller().Owns(id)) throw Problem.Forbidden("Only the organization's owners remove members.");
        var hasOtherOwner = await db.Set<RoleAssignment>().AnyAsync(row => row.ResourceId == id && row.Role == Roles.OrganizationOwner && row.PrincipalId != principalId, http.RequestAborted);
        return await Memberships.RemoveAsync(http, db, id, principalId, workspace =>
        {
            // Every removal makes a new version, so two owners who remove each other at once cannot both succeed.
            var row = workspace.Rows<Organization>().Find(new RowKey(id))!;
            if (row.Version != seen.Version) return Problem.Conflict("changed-meanwhile", "The organization has changed meanwhile. Try again.");
            if (!hasOtherOwner) return Problem.Conflict("last-owner", "An organization keeps at least one owner. Add another owner first, or close it.");
            row.Version++;
            workspace.Rows<Organization>().Update(row);
            return null;
        }, MemberRoles);
    }

    private static async Task<IResult> ForgetRoles(HttpContext http, Task<IResult> running)
    {
        var result = await running;
        http.RequestServices.GetRequiredService<CallerDirectory>().Forget();
        return result;
    }

    private static void Happened(Workspace workspace, Actor actor, Organization row, string type) =>
        workspace.Happened(Guid.Empty, actor, type, "organization", row.Id.ToString(), row.Id, ApiJson.WriteText(new { organizationId = row.Id, status = row.Status, version = row.Version }), row.Livemode);

    private sealed class Validator : AbstractValidator<OrganizationBody>
    {
        public Validator()
        {
            RuleFor(body => body.Kind).OneOf(Kinds);
            RuleFor(body => body.Name).Text(200);
            RuleFor(body => body.Country).Country();
            RuleFor(body => body.OwnerName).Text(200, required: false);
            RuleFor(body => body.OwnerSubject).Text(Newcomer.MaxSubject, required: false);
        }
    }

    private sealed class PatchValidator : AbstractValidator<OrganizationPatch>
    {
        private const int MaxDomains = 20;

        public PatchValidator()
        {
            RuleFor(body => body.Name).Text(200, required: false);
            RuleFor(body => body.Country).Country(required: false);
            RuleFor(body => body.Status).OneOf(["active", "suspended"], required: false);
            RuleFor(body => body.VerifiedEmailDomains).Must(domains => domains is null || (domains.Length <= MaxDomains && domains.All(IsDomain)))
                .WithMessage($"State at most {MaxDomains} lower-case domains, such as example.org.");
        }

        private static bool IsDomain(string? text) => text is { Length: > 2 and <= 253 } && text.Contains('.', StringComparison.Ordinal) && text.Split('.').All(Rules.IsSlug);
    }
}

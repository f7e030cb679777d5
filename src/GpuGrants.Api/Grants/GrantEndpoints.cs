using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Grants;

/// <summary>Why a grant is ended.</summary>
public sealed record EndGrantBody
{
    public string? Reason { get; init; }
}

/// <summary>Grants.</summary>
public static class GrantEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/grants", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listGrants",
                "List grants",
                "Lists grants of your organizations, of programmes that you review, and of providers that you operate."
            )
            .Lists<GrantView>("organizationId", "programmeId", "providerId", "status");
        v1.MapGet("/grants/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getGrant", "Read a grant", "Shows what was granted, used and returned.")
            .Answers<GrantView>()
            .Refuses(404);
        v1.MapPost("/grants/{id:guid}/close", CloseAsync)
            .RequireScope(Scopes.Request)
            .Takes<EndGrantBody>()
            .Idempotent()
            .Says("closeGrant", "Close a grant", "A member of its organization closes it. Unused GPU time and credits return.")
            .Answers<GrantView>()
            .Refuses(404, 409, 412);
        v1.MapPost("/grants/{id:guid}/revoke", RevokeAsync)
            .RequireScope(Scopes.Administer)
            .Takes<EndGrantBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "revokeGrant",
                "Revoke a grant",
                "An administrator of the programme revokes it and states a reason. Unused GPU time and credits return."
            )
            .Answers<GrantView>();
        v1.MapGet("/grants/{id:guid}/usage-records", UsageAsync)
            .RequireScope(Scopes.Read)
            .Says("listUsageRecords", "List a grant's usage records", "Lists what its provider reported.")
            .Lists<UsageRecordView>()
            .Refuses(404);
    }

    private static IQueryable<Grant> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<Grant>();
        var mine = caller.Organizations;
        var operated = caller.Providers;
        var reviewed = caller.ReviewedProgrammes;
        return db.Set<Grant>()
            .Where(row =>
                mine.Contains(row.OrganizationId)
                || operated.Contains(row.ProviderId)
                || (
                    reviewed.Length > 0
                    && db.Set<Programme>()
                        .Any(programme => programme.Id == row.ProgrammeId && programme.Path.Any(id => reviewed.Contains(id)))
                )
            );
    }

    private static async Task<Grant> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var organization = http.IdFilter("organizationId");
        var programme = http.IdFilter("programmeId");
        var provider = http.IdFilter("providerId");
        var status = http.ChoiceFilter("status", "active", "closed", "expired", "revoked");
        var rows = Visible(db, http.Caller())
            .Where(row =>
                (organization == null || row.OrganizationId == organization)
                && (programme == null || row.ProgrammeId == programme)
                && (provider == null || row.ProviderId == provider)
                && (status == null || row.Status == status)
            );
        return TypedResults.Json(await http.PageAsync(rows, GrantView.Of), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        http.Response.Headers.ETag = Http.Answers.ETag(row.Version);
        return TypedResults.Json(GrantView.Of(row), ApiJson.Options);
    }

    private static async Task<IResult> CloseAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        if (!http.Caller().BelongsTo(row.OrganizationId))
            throw Problem.Forbidden("Only members of the grant's organization close it. Administrators of the programme revoke it.");
        var body = await http.BodyAsync(new Validator(required: false));
        return await http.RunAsync(Command(http, row, GrantStatus.Closed, body.Reason, http.IfMatch(required: false)), Render);
    }

    private static async Task<IResult> RevokeAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        await ProgrammeEndpoints.AdministeredAsync(http, db, row.ProgrammeId);
        var body = await http.BodyAsync(new Validator(required: true));
        return await http.RunAsync(Command(http, row, GrantStatus.Revoked, body.Reason, http.IfMatch()), Render);
    }

    private static Answer Render(Grant row) => Http.Answers.Ok(GrantView.Of(row), row.Version);

    private static EndGrant Command(HttpContext http, Grant row, string status, string? reason, ExpectedVersions? expected) =>
        new()
        {
            Tree = TreeId.Of(row.RootProgrammeId),
            Actor = http.Actor(),
            GrantId = row.Id,
            Status = status,
            Reason = reason,
            ExpectedVersion = expected,
        };

    private static async Task<IResult> UsageAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var grant = await FindAsync(http, db, id);
        return TypedResults.Json(
            await http.PageAsync(
                db.Set<UsageRecord>().Where(row => row.RootProgrammeId == grant.RootProgrammeId && row.GrantId == id),
                UsageRecordView.Of
            ),
            ApiJson.Options
        );
    }

    private sealed class Validator : AbstractValidator<EndGrantBody>
    {
        public Validator(bool required) => RuleFor(body => body.Reason).Text(2_000, required);
    }
}

using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
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
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Grants;

/// <summary>Why a grant is revoked, suspended or resumed.</summary>
public sealed record EndGrantBody
{
    public string? Reason { get; init; }
}

/// <summary>Why a grant is closed, if its people say so.</summary>
public sealed record CloseGrantBody
{
    public string? Reason { get; init; }
}

/// <summary>What is given back of a grant. State at least one.</summary>
public sealed record ShrinkGrantBody
{
    /// <summary>GPU-hours to give back, in steps of 0.01.</summary>
    public decimal? GpuHours { get; init; }

    /// <summary>GPUs to have at once from now on: fewer than before.</summary>
    public int? Gpus { get; init; }

    /// <summary>The new end: earlier than before, and ahead.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

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
            .ListsByChange<GrantView>("organizationId", "projectId", "programmeId", "providerId", "offerId", "status")
            .Expands(Expansion.Organization, Expansion.Programme, Expansion.Offer);
        v1.MapGet("/grants/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Expands(Expansion.Organization, Expansion.Programme, Expansion.Offer)
            .Says("getGrant", "Read a grant", "Shows what was granted, used and returned, and how to connect.")
            .Answers<GrantView>()
            .Refuses(404);
        v1.MapPost("/grants/{id:guid}/close", CloseAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<CloseGrantBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "closeGrant",
                "Close a grant",
                "A member of its organization closes it. What cannot have been used returns. The rest stays reserved until it is settled."
            )
            .Answers<GrantView>()
            .Refuses(404, 409, 412);
        v1.MapPost("/grants/{id:guid}/shrink", ShrinkAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<ShrinkGrantBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "shrinkGrant",
                "Give part of a grant back",
                "A member of its organization gives back GPU-hours, takes an earlier end, or fewer GPUs from now on. What cannot be "
                    + "used any more returns with it. What may have been used and was not reported yet stays. With dryRun=true nothing is "
                    + "written."
            )
            .Answers<GrantView>()
            .Refuses(404, 409, 412);
        v1.MapPost("/grants/{id:guid}/revoke", RevokeAsync)
            .RequireScope(Scopes.Administer)
            .Takes<EndGrantBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Conditional()
            .Says(
                "revokeGrant",
                "Revoke a grant",
                "An administrator of the programme revokes it and states a reason. What cannot have been used returns. The rest stays "
                    + "reserved until it is settled."
            )
            .Answers<GrantView>();
        v1.MapPost("/grants/{id:guid}/suspend", SuspendAsync)
            .RequireScope(Scopes.Administer)
            .Takes<EndGrantBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Conditional()
            .Says(
                "suspendGrant",
                "Suspend a grant",
                "An administrator of the programme stops its use and states a reason. Its dates run on, and it "
                    + "keeps its time. What is used "
                    + "meanwhile is recorded as uncharged."
            )
            .Answers<GrantView>();
        v1.MapPost("/grants/{id:guid}/resume", ResumeAsync)
            .RequireScope(Scopes.Administer)
            .Takes<EndGrantBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Conditional()
            .Says(
                "resumeGrant",
                "Resume a grant",
                "An administrator of the programme who is independent of its organization and provider lets its use go on, and states a "
                    + "reason."
            )
            .Answers<GrantView>();
        v1.MapPost("/grants/{id:guid}/settle", SettleAsync)
            .RequireScope(Scopes.Provide)
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "settleGrant",
                "Settle a grant",
                "An operator of the provider says that all usage of a grant that is ending is reported. What is left returns at once."
            )
            .Answers<GrantView>()
            .Refuses(404, 409, 412);
        UsageRecordEndpoints.Map(v1);
    }

    internal static IQueryable<Grant> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<Grant>();
        var mine = caller.Organizations;
        var operated = caller.Providers;
        // An index has the rows of each organization, and one those of each provider.
        if (caller.ReviewedProgrammes.Length == 0)
            return operated is { Length: > 0 }
                ? db.Set<Grant>().Where(row => mine.Contains(row.OrganizationId) || operated.Contains(row.ProviderId))
                : db.Set<Grant>().Where(row => mine.Contains(row.OrganizationId));
        var reviewed = ReviewedProgrammes.Ids(db, caller);
        return db.Set<Grant>()
            .Where(row => mine.Contains(row.OrganizationId) || operated.Contains(row.ProviderId) || reviewed.Contains(row.ProgrammeId));
    }

    /// <summary>The grant if the caller may see it.</summary>
    internal static async Task<Grant> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        http.ChangesNeed("organizationId", "providerId");
        var now = http.Now();
        var inProgrammes = await Visible(db, http.Caller()).OnlyProgrammesAsync(http, db, row => row.ProgrammeId, "grant");
        var rows = inProgrammes
            .OnlyIds(http, "organizationId", row => row.OrganizationId)
            .OnlyIds(http, "projectId", row => row.ProjectId)
            .OnlyIds(http, "providerId", row => row.ProviderId)
            .OnlyIds(http, "offerId", row => row.OfferId)
            .OnlyWords(
                http,
                "status",
                row =>
                    row.Status != GrantStatus.Scheduled && row.Status != GrantStatus.Active ? row.Status
                    : row.StartsAt > now ? GrantStatus.Scheduled
                    : GrantStatus.Active,
                [.. GrantStatus.All]
            );
        var page = await http.PageAsync(rows, row => row, names: row => Named(http.Caller(), row));
        var expansion = await Expansion.ReadAsync(http, db, [.. page.Data.Select(GrantView.IdsOf)]);
        return TypedResults.Json(page.Of(row => GrantView.Of(row, now).With(expansion, GrantView.IdsOf(row))), ApiJson.Options);
    }

    /// <summary>A provider learns its grantee's name, and not what the grantee calls its projects.</summary>
    private static IEnumerable<Guid?> Named(Caller caller, Grant row) =>
        [
            row.OrganizationId,
            caller.Has(Roles.ProviderOperator, row.ProviderId) && !caller.BelongsTo(row.OrganizationId) ? null : row.ProjectId,
            row.ProgrammeId,
            row.ProviderId,
        ];

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var view = GrantView.Of(row, http.Now());
        if (row.Suspensions > 0)
            view = view with { Suspensions = await SuspensionsAsync(http, db, row) };
        var expansion = await Expansion.ReadAsync(http, db, [GrantView.IdsOf(row)]);
        view = view.With(expansion, GrantView.IdsOf(row)) with { Connection = await Connections.OfAsync(http, db, row) };
        // The offer's text changes without the grant, and so does the status of a scheduled one.
        return expansion.IsEmpty && view.Connection is null && row.Status != GrantStatus.Scheduled
            ? http.Found(view, row.Version)
            : http.FoundWhole(view, row.Version);
    }

    private static async Task<IReadOnlyList<GrantSuspensionView>> SuspensionsAsync(HttpContext http, GpuGrantsContext db, Grant grant)
    {
        var rows = await db.Set<GrantSuspension>()
            .AsNoTracking()
            .Where(row => row.RootProgrammeId == grant.RootProgrammeId && row.GrantId == grant.Id)
            .OrderBy(row => row.Number)
            .ToListAsync(http.RequestAborted);
        return [.. rows.Select(GrantSuspensionView.Of)];
    }

    private static async Task<IResult> CloseAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        if (!http.Caller().BelongsTo(row.OrganizationId))
            throw Problem.Forbidden("Only members of the grant's organization close it. Administrators of the programme revoke it.");
        var body = await http.BodyAsync(new CloseValidator());
        return await http.ChangeAsync(Command(http, row, GrantEnd.Closed, body.Reason, http.IfMatch(required: false)), http.Language());
    }

    private static async Task<IResult> ShrinkAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await HeldAsync(http, db, id);
        var body = await http.BodyAsync(new ShrinkValidator());
        return await http.ChangeAsync(
            new ShrinkGrant
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                GrantId = row.Id,
                Time = Wire.Time(body.GpuHours) ?? GpuTime.Zero,
                Gpus = body.Gpus,
                ExpiresAt = body.ExpiresAt,
                Reason = body.Reason,
                ExpectedVersion = http.IfMatch(required: false),
            },
            http.Language()
        );
    }

    /// <summary>A grant of an organization to which the caller belongs.</summary>
    internal static async Task<Grant> HeldAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Caller().BelongsTo(row.OrganizationId)
            ? row
            : throw Problem.Forbidden("Only members of the grant's organization may do this.");
    }

    private static async Task<IResult> RevokeAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, reason) = await AdministeredAsync(http, db, id);
        return await http.ChangeAsync(Command(http, row, GrantEnd.Revoked, reason, http.IfMatch()), http.Language());
    }

    private static async Task<IResult> SuspendAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, reason) = await AdministeredAsync(http, db, id);
        return await http.ChangeAsync(
            new SuspendGrant
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                GrantId = row.Id,
                Reason = reason,
                ExpectedVersion = http.IfMatch(),
            },
            http.Language()
        );
    }

    private static async Task<IResult> ResumeAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, reason) = await AdministeredAsync(http, db, id);
        return await http.ChangeAsync(
            new ResumeGrant
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                GrantId = row.Id,
                Reason = reason,
                ExpectedVersion = http.IfMatch(),
                Decider = http.Decider(),
            },
            http.Language()
        );
    }

    /// <summary>A grant of a programme that the caller administers, and the caller's reason.</summary>
    private static async Task<(Grant Row, string Reason)> AdministeredAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        await ProgrammeEndpoints.AdministeredAsync(http, db, row.ProgrammeId);
        return (row, (await http.BodyAsync(new EndValidator())).Reason!);
    }

    private static async Task<IResult> SettleAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        if (!http.Caller().Operates(row.ProviderId))
            throw Problem.Forbidden("Only operators of the grant's provider settle it.");
        return await http.ChangeAsync(
            new SettleGrant
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                GrantId = row.Id,
                IsFinal = true,
                StandIn = http.StandIn(),
                ExpectedVersion = http.IfMatch(required: false),
            },
            http.Language()
        );
    }

    private static EndGrant Command(HttpContext http, Grant row, string endedAs, string? reason, ExpectedVersions? expected) =>
        new()
        {
            Tree = TreeId.Of(row.RootProgrammeId),
            Actor = http.Actor(),
            GrantId = row.Id,
            EndedAs = endedAs,
            Reason = reason,
            ExpectedVersion = expected,
        };

    internal const int MaxReason = 2_000;

    private sealed class ShrinkValidator : AbstractValidator<ShrinkGrantBody>
    {
        public ShrinkValidator()
        {
            RuleFor(body => body)
                .Must(body => body is not { GpuHours: null, Gpus: null, ExpiresAt: null })
                .WithName("body")
                .WithMessage("State what to give back: gpuHours, gpus or expiresAt.");
            RuleFor(body => body.GpuHours)
                .GpuHours(required: false)
                .WithMessage("State GPU-hours from 0.01 to 100,000,000 in steps of 0.01.");
            RuleFor(body => body.Gpus).Between(1, 1_024).WithMessage("State 1 to 1,024 GPUs.");
            RuleFor(body => body.Reason).Text(MaxReason, required: false);
        }
    }

    private sealed class EndValidator : AbstractValidator<EndGrantBody>
    {
        public EndValidator() => RuleFor(body => body.Reason).Text(MaxReason);
    }

    private sealed class CloseValidator : AbstractValidator<CloseGrantBody>
    {
        public CloseValidator() => RuleFor(body => body.Reason).Text(MaxReason, required: false);
    }
}

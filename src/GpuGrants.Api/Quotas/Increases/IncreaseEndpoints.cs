using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Quotas.Policies;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Increases;

/// <summary>Asking for higher limits.</summary>
public static class IncreaseEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/quota-increases", SubmitAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<IncreaseBody>()
            .Idempotent()
            .Speaks()
            .Says(
                "submitQuotaIncrease",
                "Ask for a higher limit",
                "The service grants it at once up to the rule's increase ceiling. Above the ceiling a person decides. A "
                    + "denial is an outcome, not an error: 201."
            )
            .Answers<IncreaseView>(201)
            .Refuses(409);
        v1.MapGet("/quota-increases", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listQuotaIncreases",
                "List requests for higher limits",
                "Lists those of your organizations and of programmes that you review, newest first."
            )
            .ListsByChange<IncreaseView>("organizationId", "programmeId", "policyId", "status");
        v1.MapGet("/quota-increases/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Speaks()
            .Says("getQuotaIncrease", "Read a request for a higher limit", "Shows its status and its latest verdict.")
            .Answers<IncreaseView>()
            .Refuses(404);
        v1.MapGet("/quota-increases/{id:guid}/decisions", DecisionsAsync)
            .RequireScope(Scopes.Read)
            .Speaks()
            .Says("listQuotaIncreaseDecisions", "List its verdicts", "Lists verdicts by rule and by person, oldest first.")
            .ListsByTime<IncreaseDecisionView>()
            .Refuses(404);
        v1.MapPost("/quota-increases/{id:guid}/approve", ApproveAsync)
            .RequireScope(Scopes.Review)
            .Takes<ApproveIncreaseBody>()
            .Idempotent()
            .Conditional()
            .Speaks()
            .Says(
                "approveQuotaIncrease",
                "Approve a higher limit",
                "A reviewer approves all or less, but more than the present limit. An override then replaces "
                    + "the limit at once. Where the rule asks "
                    + "for several approvals, the last one grants the lowest limit that anybody endorsed."
            )
            .Answers<IncreaseView>();
        v1.MapPost("/quota-increases/{id:guid}/deny", DenyAsync)
            .RequireScope(Scopes.Review)
            .Takes<DenyBody>()
            .Idempotent()
            .Conditional()
            .Speaks()
            .Says("denyQuotaIncrease", "Deny a higher limit", "The applicant reads the reason.")
            .Answers<IncreaseView>();
        v1.MapPost("/quota-increases/{id:guid}/withdraw", WithdrawAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Idempotent()
            .Speaks()
            .Says("withdrawQuotaIncrease", "Withdraw a request for a higher limit", "The applicant withdraws it while it is in review.")
            .Answers<IncreaseView>()
            .Refuses(404, 409, 412);
    }

    private static async Task<IResult> SubmitAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new IncreaseValidator());
        var organization = http.OrganizationOf(body.OrganizationId);
        var policy =
            await PolicyEndpoints.FindVisibleAsync(http, db, body.PolicyId)
            ?? throw Problem.Invalid("policyId", "There is no such policy. List them at /v1/quota-policies.");
        var language = http.Language();
        return await http.RunAsync(
            new SubmitIncrease
            {
                Tree = TreeId.Of(policy.RootProgrammeId),
                RunsAlone = policy.ProgrammeId is null,
                Actor = http.Actor(),
                PolicyId = policy.Id,
                ProgrammeId = policy.ProgrammeId,
                RuleId = body.RuleId!,
                OrganizationId = organization,
                ProjectId = body.ProjectId,
                Limit = body.Limit!.Value,
                Reason = body.Reason!,
            },
            made =>
                Answer.Created($"/v1/quota-increases/{made.Increase.Id}", View(made), made.Increase.Version) with
                {
                    Language = language,
                }
        );

        IncreaseView View(IncreaseDecided made) => IncreaseView.Of(made.Increase, made.Decision, language);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var rows = Visible(db, http.Caller())
            .OnlyIds(http, "organizationId", row => row.OrganizationId)
            .OnlyIds(http, "programmeId", row => row.ProgrammeId)
            .OnlyIds(http, "policyId", row => row.PolicyId)
            .OnlyWords(
                http,
                "status",
                row => row.Status,
                IncreaseStatus.Approved,
                IncreaseStatus.InReview,
                IncreaseStatus.Denied,
                IncreaseStatus.Withdrawn
            );
        return TypedResults.Json(
            await http.PageAsync(
                rows,
                row => IncreaseView.Of(row, null, http.Language()),
                names: row => [row.OrganizationId, row.ProgrammeId]
            ),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var decision = await db.Set<QuotaIncreaseDecision>()
            .AsNoTracking()
            .FirstAsync(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.DecisionId, http.RequestAborted);
        var deciders = await DecidersAsync(http, db, row, [decision.ActorId]);
        return http.Found(IncreaseView.Of(row, decision, http.SpokenLanguage(), deciders), row.Version);
    }

    private static async Task<IResult> DecisionsAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var increase = await FindAsync(http, db, id);
        var page = await http.PageAsync(db.Set<QuotaIncreaseDecision>().Where(row => row.IncreaseId == id), row => row, oldestFirst: true);
        var deciders = await DecidersAsync(http, db, increase, page.Data.Select(row => row.ActorId));
        var language = http.SpokenLanguage();
        return TypedResults.Json(page.Of(row => IncreaseDecisionView.Of(row, increase.Unit, language, deciders)), ApiJson.Options);
    }

    /// <summary>Who decided, if the caller reviews the request and so may know; null otherwise.</summary>
    private static async Task<IReadOnlyDictionary<Guid, DeciderView>?> DecidersAsync(
        HttpContext http,
        GpuGrantsContext db,
        QuotaIncrease row,
        IEnumerable<Guid> principals
    )
    {
        var path = row.ProgrammeId is { } programme ? (await ProgrammeEndpoints.FindAsync(http, db, programme)).Path : [];
        return http.Caller().Reviews(path) && !http.Caller().BelongsTo(row.OrganizationId)
            ? await DeciderView.ReadAsync(http, db, principals)
            : null;
    }

    private static async Task<IResult> ApproveAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, path) = await ReviewedAsync(http, db, id);
        var body = await http.BodyAsync(new ApproveIncreaseValidator());
        return await DecideAsync(http, row, path, IncreaseStatus.Approved, http.IfMatch(), body.Comment, body.Limit);
    }

    private static async Task<IResult> DenyAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, path) = await ReviewedAsync(http, db, id);
        var body = await http.BodyAsync(new DenyValidator());
        return await DecideAsync(http, row, path, IncreaseStatus.Denied, http.IfMatch(), body.Reason, null);
    }

    private static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        if (!http.Caller().BelongsTo(row.OrganizationId))
            throw Problem.Forbidden("Only members of the organization that asked may do this.");
        return await DecideAsync(http, row, [], IncreaseStatus.Withdrawn, http.IfMatch(required: false), null, null);
    }

    private static Task<IResult> DecideAsync(
        HttpContext http,
        QuotaIncrease row,
        IReadOnlyList<Guid> path,
        string status,
        ExpectedVersions? expected,
        string? comment,
        decimal? limit
    )
    {
        var language = http.Language();
        return http.RunAsync(
            new DecideIncrease
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                RunsAlone = TreeId.Of(row.RootProgrammeId).IsPlatform,
                Actor = http.Actor(),
                IncreaseId = row.Id,
                Status = status,
                Limit = limit,
                Comment = comment,
                Decider = status == IncreaseStatus.Withdrawn ? null : http.Decider(),
                ReviewerRoles = http.Caller().RolesOn(path),
                ExpectedVersion = expected,
            },
            made => Answer.Ok(IncreaseView.Of(made.Increase, made.Decision, language), made.Increase.Version) with { Language = language }
        );
    }

    internal static IQueryable<QuotaIncrease> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<QuotaIncrease>();
        var mine = caller.Organizations;
        var reviews = caller.ReviewedProgrammes.Length > 0;
        var reviewed = ReviewedProgrammes.Ids(db, caller);
        return db.Set<QuotaIncrease>()
            .Where(row =>
                mine.Contains(row.OrganizationId) || (reviews && row.ProgrammeId != null && reviewed.Contains(row.ProgrammeId.Value))
            );
    }

    private static async Task<QuotaIncrease> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    private static async Task<(QuotaIncrease Row, Guid[] Path)> ReviewedAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var path = row.ProgrammeId is { } programme ? (await ProgrammeEndpoints.FindAsync(http, db, programme)).Path : [];
        return http.Caller().Reviews(path)
            ? (row, path)
            : throw Problem.Forbidden("Only reviewers and administrators of the policy's programme may do this.");
    }
}

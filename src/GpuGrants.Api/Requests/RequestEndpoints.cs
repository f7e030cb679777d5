using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Quotas;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Requests;

/// <summary>Asking for GPU time.</summary>
public static class RequestEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/requests", SubmitAsync)
            .RequireScope(Scopes.Request)
            .Takes<RequestBody>()
            .Idempotent()
            .Asks("dryRun")
            .Says(
                "submitRequest",
                "Ask for GPU time",
                "The service decides at once: approved with a grant, in review with the hours held, or denied with all "
                    + "reasons. A denial is an outcome, not an error: 201. With dryRun=true the same rules decide and nothing is "
                    + "written: 200."
            )
            .Answers<RequestView>(201)
            .Answers<RequestView>(200);
        v1.MapGet("/requests", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listRequests", "List requests", "Lists those of your organizations and of programmes that you review, newest first.")
            .Lists<RequestView>("organizationId", "programmeId", "status");
        v1.MapGet("/requests/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getRequest", "Read a request", "Shows its status and its latest decision.")
            .Answers<RequestView>()
            .Refuses(404);
        v1.MapGet("/requests/{id:guid}/decisions", DecisionsAsync)
            .RequireScope(Scopes.Read)
            .Says("listDecisions", "List a request's decisions", "Lists every verdict, by rule or by person, oldest first.")
            .Lists<DecisionView>()
            .Refuses(404);
        v1.MapGet("/decisions/{id:guid}/replay", ReplayAsync)
            .RequireScope(Scopes.Review)
            .Says(
                "replayDecision",
                "Take a decision again",
                "For reviewers. The rules decide again on the policy versions, overrides and counters that the decision "
                    + "pinned. They must come to the same verdict and reasons. Nothing changes."
            )
            .Answers<ReplayView>()
            .Refuses(404, 409);
        v1.MapPost("/requests/{id:guid}/amend", AmendAsync)
            .RequireScope(Scopes.Request)
            .Takes<AmendBody>()
            .Idempotent()
            .Conditional()
            .Says("amendRequest", "Amend an open request", "The hold returns, and the rules decide the changed request anew.")
            .Answers<RequestView>();
        v1.MapPost("/requests/{id:guid}/withdraw", WithdrawAsync)
            .RequireScope(Scopes.Request)
            .Idempotent()
            .Says("withdrawRequest", "Withdraw an open request", "The hold returns.")
            .Answers<RequestView>()
            .Refuses(404, 409, 412);
        v1.MapPost("/requests/{id:guid}/accept-counter-offer", AcceptAsync)
            .RequireScope(Scopes.Request)
            .Idempotent()
            .Says(
                "acceptCounterOffer",
                "Accept the counter-offer",
                "Asks again for the most that would have passed when the request was denied (maxGrantableNow). The rules decide this new request anew."
            )
            .Answers<RequestView>(201)
            .Refuses(404, 409);
    }

    private static async Task<IResult> SubmitAsync(HttpContext http, [FromServices] RequestValidator validator)
    {
        var body = await http.BodyAsync(validator);
        var dryRun = http.ChoiceFilter("dryRun", "true", "false") == "true";
        var organization = RequestAccess.OrganizationOf(http.Caller(), body.OrganizationId);
        var draft = body.ToDraft();
        if (body.ProgrammeId is { } programme)
            return await DecideAsync(http, organization, body.ProjectId, programme, draft, dryRun);
        var choice = new ProgrammeChoice(
            http,
            one => Command(http, TreeId.Of(one.RootProgrammeId), one.Id, organization, body.ProjectId, draft)
        );
        return dryRun ? await choice.DryRunAsync(organization, draft) : await choice.RecordAsync(organization, draft);
    }

    private static async Task<IResult> DecideAsync(
        HttpContext http,
        Guid organization,
        Guid? project,
        Guid programmeId,
        RequestDraft draft,
        bool dryRun
    )
    {
        var command = Command(http, await TreeAsync(http, programmeId), programmeId, organization, project, draft);
        var language = http.Language();
        if (!dryRun)
            return await http.RunAsync(command, Renderer.Of(RequestAnswers.Created(language)));
        var outcome = await http.RequestServices.GetRequiredService<BatchRunner>().DryRunAsync(command, http.RequestAborted);
        return new AnswerResult(
            outcome.TryGet(out var decided, out var refusal) ? RequestAnswers.DryRun(decided, language) : Problem.Of(refusal)
        );
    }

    private static async Task<TreeId> TreeAsync(HttpContext http, Guid programme) =>
        await http.RequestServices.GetRequiredService<ProgrammeRoots>().FindAsync(http, programme)
        ?? throw Problem.Invalid("programmeId", "There is no such programme. List them at /v1/programmes.");

    private static SubmitRequest Command(
        HttpContext http,
        TreeId tree,
        Guid programme,
        Guid organization,
        Guid? project,
        RequestDraft draft
    ) =>
        new()
        {
            Tree = tree,
            Actor = http.Actor(),
            ProgrammeId = programme,
            OrganizationId = organization,
            ProjectId = project,
            Draft = draft,
        };

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var organization = http.IdFilter("organizationId");
        var programme = http.IdFilter("programmeId");
        var status = http.ChoiceFilter("status", "approved", "in-review", "denied", "withdrawn", "expired");
        var rows = RequestAccess
            .Visible(db, http.Caller())
            .Where(row =>
                (organization == null || row.OrganizationId == organization)
                && (programme == null || row.ProgrammeId == programme)
                && (status == null || row.Status == status)
            );
        return TypedResults.Json(await http.PageAsync(rows, row => RequestView.Of(row, null, null)), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await RequestAccess.FindAsync(http, db, id);
        var decision = await db.Set<Decision>()
            .AsNoTracking()
            .FirstAsync(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.DecisionId, http.RequestAborted);
        http.Response.Headers.ETag = Http.Answers.ETag(row.Version);
        return TypedResults.Json(
            RequestView.Of(row, DecisionView.Of(decision, http.Language(), await RequestAccess.ReviewsAsync(http, db, row)), null),
            ApiJson.Options
        );
    }

    private static async Task<IResult> DecisionsAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var forOperators = await RequestAccess.ReviewsAsync(http, db, await RequestAccess.FindAsync(http, db, id));
        var language = http.Language();
        return TypedResults.Json(
            await http.PageAsync(
                db.Set<Decision>().Where(row => row.RequestId == id),
                row => DecisionView.Of(row, language, forOperators),
                oldestFirst: true
            ),
            ApiJson.Options
        );
    }

    private static async Task<IResult> ReplayAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row =
            await db.Set<Decision>().AsNoTracking().FirstOrDefaultAsync(one => one.Id == id, http.RequestAborted)
            ?? throw Problem.NotFound();
        await RequestAccess.ReviewedAsync(http, db, row.RequestId);
        if (row.Snapshot is null)
            throw new ProblemException(
                Problem.Document(
                    409,
                    "decided-by-person",
                    "A person decided this, not the rules, so there is nothing to replay.",
                    "decidedBy"
                )
            );
        await using var connection = await http
            .RequestServices.GetRequiredService<Npgsql.NpgsqlDataSource>()
            .OpenConnectionAsync(http.RequestAborted);
        var policies = await QuotaConfigReader.ReadPoliciesAsync(connection, [TreeId.Of(row.RootProgrammeId), TreeId.Platform], _ => null);
        return TypedResults.Json(DecisionReplay.Run(row, policies), ApiJson.Options);
    }

    private static async Task<IResult> AmendAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await RequestAccess.OwnAsync(http, db, id);
        var body = await http.BodyAsync(new AmendValidator());
        return await http.RunAsync(
            new AmendRequest
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                RequestId = id,
                Change = body.Change,
                ExpectedVersion = http.IfMatch(),
            },
            Renderer.Of(RequestAnswers.Changed(http.Language()))
        );
    }

    private static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await RequestAccess.OwnAsync(http, db, id);
        return await http.RunAsync(
            new CloseRequest
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                RequestId = id,
                Closing = Closing.Withdrawn,
                ExpectedVersion = http.IfMatch(required: false),
            },
            Renderer.Of(RequestAnswers.Changed(http.Language()))
        );
    }

    private static async Task<IResult> AcceptAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await RequestAccess.OwnAsync(http, db, id);
        if (row.Status != RequestStatus.Denied)
            throw new ProblemException(
                Problem.Document(
                    409,
                    "no-counter-offer",
                    $"Only a denied request has a counter-offer. This request is {row.Status}.",
                    "status"
                )
            );
        var decision = await db.Set<Decision>()
            .AsNoTracking()
            .FirstAsync(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.DecisionId, http.RequestAborted);
        if (decision.MaxGrantableGpuSeconds == 0)
            throw new ProblemException(
                Problem.Document(
                    409,
                    "no-counter-offer",
                    "Nothing would have passed when the request was denied, so there is no counter-offer.",
                    "gpuHours"
                )
            );
        return await DecideAsync(
            http,
            row.OrganizationId,
            row.ProjectId,
            row.ProgrammeId,
            RequestDraft.Of(row) with
            {
                Time = GpuTime.FromSeconds(decision.MaxGrantableGpuSeconds),
                StartsAt = null,
            },
            dryRun: false
        );
    }
}

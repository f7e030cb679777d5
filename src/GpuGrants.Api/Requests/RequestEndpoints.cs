using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Requests.Choice;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Replays;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Requests.Views;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
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
            .AlsoThroughPartners()
            .Takes<RequestBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "submitRequest",
                "Ask for GPU time",
                "Decided at once: approved with a grant, in review with its hours held, or denied with all reasons and "
                    + "what would pass. A denial is an outcome, not an error: 201. With dryRun=true the same rules answer and "
                    + "nothing is written: 200."
            )
            .Answers<RequestView>(201)
            .Answers<RequestView>(200)
            .Refuses(404, 409);
        v1.MapGet("/requests", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listRequests", "List requests", "Lists those of your organizations and of programmes that you review, newest first.")
            .ListsByChange<RequestView>("organizationId", "projectId", "programmeId", "providerId", "status", "requestedBy", "externalId")
            .Expands(Expansion.Organization, Expansion.Programme, Expansion.Offer, Expansion.Grant);
        v1.MapGet("/requests/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Speaks()
            .Expands(Expansion.Organization, Expansion.Programme, Expansion.Offer, Expansion.Grant)
            .Says("getRequest", "Read a request", "Shows its status and its latest decision.")
            .Answers<RequestView>()
            .Refuses(404);
        v1.MapGet("/requests/{id:guid}/decisions", DecisionsAsync)
            .RequireScope(Scopes.Read)
            .Speaks()
            .Says("listDecisions", "List a request's decisions", "Lists every verdict, by rule or by person, oldest first.")
            .ListsForCopies<DecisionView>()
            .Refuses(404);
        v1.MapGet("/decisions/{id:guid}/replay", ReplayAsync)
            .RequireScope(Scopes.Review)
            .Speaks()
            .Says(
                "replayDecision",
                "Take a decision again",
                "For reviewers: the rules decide anew on what the decision pinned, its policy versions, overrides and "
                    + "counters, and have to come to the same verdict and reasons. Nothing is changed."
            )
            .Answers<ReplayView>()
            .Refuses(404, 409);
        v1.MapPost("/requests/{id:guid}/amend", AmendAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<AmendBody>()
            .Idempotent()
            .Conditional()
            .Speaks()
            .Says(
                "amendRequest",
                "Amend an open request",
                "A change of purpose, or of tags that no rule reads, keeps the hold and the place in the queue. Approvals begin anew. "
                    + "For any other change the rules decide afresh. When they would deny it, the answer is 409 and nothing changes."
            )
            .Answers<RequestView>();
        v1.MapPost("/requests/{id:guid}/withdraw", WithdrawAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Idempotent()
            .Speaks()
            .Says("withdrawRequest", "Withdraw an open request", "The hold returns.")
            .Answers<RequestView>()
            .Refuses(404, 409, 412);
        v1.MapPost("/requests/{id:guid}/accept-counter-offer", CounterOfferCall.AcceptAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Idempotent()
            .Speaks()
            .Says(
                "acceptCounterOffer",
                "Accept the counter-offer",
                "Makes a new request for the amount that the denial named (maxGrantableNow), with the other fields of the denied one. "
                    + "It is taken once: a second acceptance gets the answer of the first. 409 says that it no longer passes."
            )
            .Answers<RequestView>(201)
            .Refuses(404, 409);
    }

    private static async Task<IResult> SubmitAsync(HttpContext http, [FromServices] RequestValidator validator)
    {
        var body = await http.BodyAsync(validator);
        var dryRun = http.IsDryRun();
        if (body.QuoteId is not null)
            return await AnswerAsync(http, await QuoteEndpoints.UseAsync(http, body));
        var organization = http.OrganizationOf(body.OrganizationId);
        var draft = body.ToDraft();
        if (body.ProgrammeId is { } programme)
            return await AnswerAsync(http, Command(http, await TreeAsync(http, programme), programme, organization, body, draft, dryRun));

        var choice = new ProgrammeChoice(
            http,
            [draft, .. body.FallbacksOf(draft)],
            (one, only) => Command(http, TreeId.Of(one.RootProgrammeId), one.Id, organization, body, draft, dryRun, only)
        );
        return dryRun ? await choice.DryRunAsync(organization) : await choice.RecordAsync(organization);
    }

    /// <summary>Has the rules decide, and answers as to a request.</summary>
    internal static async Task<IResult> AnswerAsync(HttpContext http, Command<RequestDecided> command)
    {
        var language = http.Language();
        return http.IsDryRun()
            ? await http.DryRunAsync(
                command,
                language,
                async decided => RequestAnswers.DryRun(await VisibleOffers.OnlyAsync(http, decided), language)
            )
            : await http.RunAsync(command, RequestAnswers.Created(language));
    }

    /// <summary>The tree of a programme that a body names.</summary>
    /// <exception cref="ProblemException">There is no such programme.</exception>
    internal static async Task<TreeId> TreeAsync(HttpContext http, Guid programme) =>
        await http.RequestServices.GetRequiredService<ProgrammeRoots>().FindAsync(http, programme)
        ?? throw Problem.Invalid("programmeId", "There is no such programme. List them at /v1/programmes.");

    /// <summary>The call as a request of its caller, who has accepted terms and stated their age.</summary>
    /// <param name="body">What it says beside the draft; null for a quote, which says no more.</param>
    internal static SubmitRequest Command(
        HttpContext http,
        TreeId tree,
        Guid programme,
        Guid organization,
        RequestBody? body,
        RequestDraft draft,
        bool dryRun = false,
        int? only = null
    ) =>
        new()
        {
            Tree = tree,
            Actor = http.Actor(),
            ProgrammeId = programme,
            OrganizationId = organization,
            ProjectId = body?.ProjectId,
            ExternalId = body?.ExternalId,
            Metadata = Metadata.ToJson(body?.Metadata),
            Draft = draft,
            Fallbacks = body?.FallbacksOf(draft) ?? [],
            Only = only,
            ListsPassedOver = dryRun,
            AcceptedTerms = http.Caller().AcceptedTerms,
            Age = http.Caller().Age,
            IndependenceWindow = http.IndependenceWindow(),
        };

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        http.ChangesNeed("organizationId");
        var inProgrammes = await RequestAccess.Visible(db, http.Caller()).OnlyProgrammesAsync(http, db, row => row.ProgrammeId, "request");
        var rows = inProgrammes
            .OnlyIds(http, "organizationId", row => row.OrganizationId)
            .OnlyIds(http, "projectId", row => row.ProjectId)
            .OnlyIds(http, "providerId", row => row.ProviderId)
            .OnlyIds(http, "requestedBy", row => row.RequestedBy)
            .OnlyWords(http, "externalId", row => row.ExternalId)
            .OnlyWords(http, "status", row => row.Status, "approved", "in-review", "denied", "withdrawn", "expired");
        var page = await http.PageAsync(
            rows,
            row => row,
            names: row => [row.OrganizationId, row.ProjectId, row.ProgrammeId, row.ProviderId]
        );
        var expansion = await Expansion.ReadAsync(http, db, [.. page.Data.Select(RequestView.IdsOf)]);
        return TypedResults.Json(page.Of(row => RequestView.Of(row, null, null).With(expansion, RequestView.IdsOf(row))), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await RequestAccess.FindAsync(http, db, id);
        var decision = await db.Set<Decision>()
            .AsNoTracking()
            .FirstAsync(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.DecisionId, http.RequestAborted);
        var deciders = await RequestAccess.ReviewsAsync(http, db, row) ? await DeciderView.ReadAsync(http, db, [decision.ActorId]) : null;
        var view = RequestView.Of(row, DecisionView.Of(decision, http.SpokenLanguage(), deciders), null);
        if (row.Change == AskedChange.Renew)
            view = view with { Report = await ReportAsync(http, db, row) };
        var expansion = await Expansion.ReadAsync(http, db, [RequestView.IdsOf(row)]);
        return expansion.IsEmpty
            ? http.Found(view, row.Version)
            : http.FoundWhole(view.With(expansion, RequestView.IdsOf(row)), row.Version);
    }

    /// <summary>How the grant went that the request renews.</summary>
    private static Task<string?> ReportAsync(HttpContext http, GpuGrantsContext db, Request row) =>
        db.Set<RenewalReport>()
            .Where(one => one.RootProgrammeId == row.RootProgrammeId && one.RequestId == row.Id)
            .Select(one => (string?)one.Report)
            .FirstOrDefaultAsync(http.RequestAborted);

    private static async Task<IResult> DecisionsAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var forOperators = await RequestAccess.ReviewsAsync(http, db, await RequestAccess.FindAsync(http, db, id));
        var language = http.SpokenLanguage();
        var page = await http.PageAsync(db.Set<Decision>().Where(row => row.RequestId == id), row => row, oldestFirst: true);
        var deciders = forOperators ? await DeciderView.ReadAsync(http, db, page.Data.Select(row => row.ActorId)) : null;
        return TypedResults.Json(
            page.Of(row => DecisionView.Of(row, language, deciders) with { UpdatedAt = row.CreatedAt }),
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
        return TypedResults.Json(DecisionReplay.Run(row, policies, http.SpokenLanguage()), ApiJson.Options);
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
                IndependenceWindow = http.IndependenceWindow(),
                ExpectedVersion = http.IfMatch(),
            },
            RequestAnswers.Changed(http.Language())
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
            RequestAnswers.Changed(http.Language())
        );
    }
}

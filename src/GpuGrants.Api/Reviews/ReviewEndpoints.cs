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
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Api.Requests;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Views;
using GpuGrants.Api.Store;
using GpuGrants.Requests;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Reviews;

/// <summary>What waits for people, and their verdicts.</summary>
public static class ReviewEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/reviews", QueueAsync)
            .RequireScope(Scopes.Review, Scopes.Provide)
            .Speaks()
            .Says(
                "listReviews",
                "List what waits for review",
                "Requests in review of programmes that you review, and those on offers of providers that you operate and that approve "
                    + "grants themselves. Oldest first, or with order=fair-share those first who were granted least in recent weeks for "
                    + "their weight, with reasons and the applicant's history."
            )
            .ListsByChange<ReviewView>("programmeId", "organizationId")
            .Asks("order", QueueWeights.Parameter);
        v1.MapPost("/requests/{id:guid}/approve", ApproveAsync)
            .RequireScope(Scopes.Review, Scopes.Provide)
            .Takes<ApproveBody>()
            .Idempotent()
            .Conditional()
            .Speaks()
            .Says(
                "approveRequest",
                "Approve a request",
                "A reviewer approves all or a part. So does an operator of a provider that approves grants on its offer. When several "
                    + "approvals are needed, in any order, the request stays in review until the last."
            )
            .Answers<RequestView>();
        v1.MapPost("/requests/{id:guid}/deny", DenyAsync)
            .RequireScope(Scopes.Review, Scopes.Provide)
            .Takes<DenyBody>()
            .Idempotent()
            .Conditional()
            .Speaks()
            .Says("denyRequest", "Deny a request", "The hold returns, and the applicant reads the reason.")
            .Answers<RequestView>();
        v1.MapPost("/reviews/verdicts", DecideAsync)
            .RequireScope(Scopes.Review, Scopes.Provide)
            .Takes<VerdictsBody>()
            .Idempotent()
            .Speaks()
            .Says(
                "decideReviews",
                "Approve or deny several requests",
                "Takes 1 to 100 verdicts. Each is given or refused on its own, by the rules of a single verdict, in the order of the call."
            )
            .Answers<VerdictsAnswer>();
    }

    private static async Task<IResult> QueueAsync(HttpContext http, GpuGrantsContext db)
    {
        var caller = http.Caller();
        var (waiting, asked, granted) = Reviewed(db, caller);
        var rows = waiting
            .Where(row => row.Status == RequestStatus.InReview)
            .OnlyIds(http, "programmeId", row => row.ProgrammeId)
            .OnlyIds(http, "organizationId", row => row.OrganizationId);
        var isFair = http.ChoiceFilter("order", "oldest", "fair-share") == "fair-share";
        if (!isFair)
            QueueWeights.RefuseBesideOtherOrders(http);
        var page = isFair
            ? await FairShareOrder.PageAsync(http, granted, rows, db.Set<Organization>())
            : await http.PageAsync(
                rows,
                row => row,
                oldestFirst: true,
                names: row => [row.OrganizationId, row.ProjectId, row.ProgrammeId, row.ProviderId]
            );
        var organizations = page.Data.Select(row => row.OrganizationId).Distinct().ToList();
        var names = await db.Set<Organization>()
            .AsNoTracking()
            .Where(row => organizations.Contains(row.Id))
            .ToDictionaryAsync(row => row.Id, http.RequestAborted);
        var decisionIds = page.Data.Select(row => row.DecisionId).ToList();
        var decisions = await db.Set<Decision>()
            .AsNoTracking()
            .Where(row => decisionIds.Contains(row.Id))
            .ToDictionaryAsync(row => row.Id, http.RequestAborted);
        var roots = page.Data.Select(row => row.RootProgrammeId).Distinct().ToList();
        var histories = await HistoriesAsync(http, asked, granted, organizations, roots);
        var deciders = await DeciderView.ReadAsync(http, db, decisions.Values.Select(row => row.ActorId));
        var now = http.Now();
        var language = http.SpokenLanguage();
        return TypedResults.Json(
            new Page<ReviewView>(
                [
                    .. page.Data.Select(row => new ReviewView
                    {
                        Request = RequestView.Of(
                            row,
                            DecisionView.Of(decisions[row.DecisionId], language, caller.BelongsTo(row.OrganizationId) ? null : deciders),
                            null
                        ),
                        OrganizationName = names[row.OrganizationId].Name,
                        OrganizationKind = names[row.OrganizationId].Kind,
                        OrganizationVerified = names[row.OrganizationId].VerificationAt(now) > VerificationLevel.Email,
                        OrganizationSince = names[row.OrganizationId].CreatedAt,
                        History = histories(row.OrganizationId, row.RootProgrammeId),
                        WaitingSeconds = Math.Max(0, (long)(now - row.CreatedAt).TotalSeconds),
                        Awaits = ReviewView.AwaitsOf(row),
                        UpdatedAt = row.UpdatedAt,
                    }),
                ],
                page.NextCursor
            )
            {
                Count = page.Count,
                Names = page.Names,
            },
            ApiJson.Options
        );
    }

    /// <summary>
    /// What waits for the caller, and what was asked and granted in programmes that it reviews or of providers that it operates. The queue
    /// shows and uses nothing else.
    /// </summary>
    private static (IQueryable<Request> Waiting, IQueryable<Request> Asked, IQueryable<Grant> Granted) Reviewed(
        GpuGrantsContext db,
        Caller caller
    )
    {
        var reviews = caller.Audits || caller.Scopes.Contains(Scopes.Review);
        if (caller.IsPlatformAdministrator && reviews)
            return (db.Set<Request>(), db.Set<Request>(), db.Set<Grant>());
        var reviewed = ReviewedProgrammes.Ids(db, caller);
        if (caller.Providers is not { Length: > 0 } operated)
            return (
                db.Set<Request>().Where(row => reviews && reviewed.Contains(row.ProgrammeId)),
                db.Set<Request>().Where(row => reviews && reviewed.Contains(row.ProgrammeId)),
                db.Set<Grant>().Where(row => reviews && reviewed.Contains(row.ProgrammeId))
            );
        var asked = db.Set<Request>()
            .Where(row =>
                (reviews && reviewed.Contains(row.ProgrammeId))
                || (row.ProviderApproval != null && row.ProviderId != null && operated.Contains(row.ProviderId.Value))
            );
        return (
            asked.Where(row => row.ProviderApproval == ProviderApproval.Waiting || (reviews && reviewed.Contains(row.ProgrammeId))),
            asked,
            db.Set<Grant>().Where(row => (reviews && reviewed.Contains(row.ProgrammeId)) || operated.Contains(row.ProviderId))
        );
    }

    private static async Task<Func<Guid, Guid, ApplicantHistory>> HistoriesAsync(
        HttpContext http,
        IQueryable<Request> asked,
        IQueryable<Grant> granted,
        List<Guid> organizations,
        List<Guid> roots
    )
    {
        var requests = await asked
            .Where(row => organizations.Contains(row.OrganizationId) && roots.Contains(row.RootProgrammeId))
            .GroupBy(row => new
            {
                row.OrganizationId,
                row.RootProgrammeId,
                row.Status,
            })
            .Select(group => new { group.Key, Count = group.Count() })
            .ToListAsync(http.RequestAborted);
        var grants = await granted
            .Where(row => organizations.Contains(row.OrganizationId) && roots.Contains(row.RootProgrammeId))
            .GroupBy(row => new { row.OrganizationId, row.RootProgrammeId })
            .Select(group => new
            {
                group.Key,
                Granted = group.Sum(row => row.GpuSeconds),
                Used = group.Sum(row => row.UsedGpuSeconds),
            })
            .ToListAsync(http.RequestAborted);
        return (organization, root) =>
        {
            var had = grants.Find(one => one.Key.OrganizationId == organization && one.Key.RootProgrammeId == root);
            return new ApplicantHistory(
                requests
                    .Where(one => one.Key.OrganizationId == organization && one.Key.RootProgrammeId == root)
                    .ToDictionary(one => one.Key.Status, one => one.Count),
                Wire.Hours(had?.Granted ?? 0),
                Wire.Hours(had?.Used ?? 0)
            );
        };
    }

    private static async Task<IResult> ApproveAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, roles, forProvider) = await RequestAccess.DecidedAsync(http, db, id);
        var body = await http.BodyAsync(new ApproveValidator());
        var given = body.Override is { } asked ? OverrideDraft.Of(asked) : null;
        if (given is not null && !forProvider)
            await OverrideEndpoints.ReviewedAsync(http, db, given);
        return await http.RunAsync(
            Approval(http, row, roles, forProvider, Wire.Time(body.GpuHours), body.Comment, http.IfMatch(), given),
            RequestAnswers.Changed(http.Language())
        );
    }

    private static async Task<IResult> DenyAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, _, forProvider) = await RequestAccess.DecidedAsync(http, db, id);
        var body = await http.BodyAsync(new DenyValidator());
        return await http.RunAsync(Denial(http, row, forProvider, body.Reason!, http.IfMatch()), RequestAnswers.Changed(http.Language()));
    }

    private static async Task<IResult> DecideAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new VerdictsValidator());
        var ids = body.Verdicts!.Select(one => one.RequestId!.Value).ToList();
        var rows = await RequestAccess
            .Visible(db, http.Caller())
            .AsNoTracking()
            .Where(row => ids.Contains(row.Id))
            .ToDictionaryAsync(row => row.Id, http.RequestAborted);
        var named = rows.Values.Select(row => row.ProgrammeId).Distinct().ToList();
        var programmes = await db.Set<Programme>()
            .AsNoTracking()
            .Where(row => named.Contains(row.Id))
            .ToDictionaryAsync(row => row.Id, http.RequestAborted);
        var language = http.Language();
        return await http.RunAsync(
            new DecideReviews
            {
                Tree = rows.Count > 0 ? TreeId.Of(rows[ids.First(rows.ContainsKey)].RootProgrammeId) : TreeId.Platform,
                Actor = http.Actor(),
                Verdicts = [.. body.Verdicts!.Select(VerdictOf)],
                Language = language,
            },
            answer => Answer.Ok(answer) with { Language = language }
        );

        DecideReviews.Verdict VerdictOf(VerdictItemBody item)
        {
            if (!rows.TryGetValue(item.RequestId!.Value, out var row))
                return new DecideReviews.Verdict(item.RequestId.Value, null, Refusal.NotFound);
            var path = programmes[row.ProgrammeId].Path;
            var forProvider = RequestAccess.DecidesForProvider(http.Caller(), row);
            if (!forProvider && !(http.Caller().Reviews(path) && http.Caller().Scopes.Contains(Scopes.Review)))
                return new DecideReviews.Verdict(row.Id, null, VerdictRefusal.NotReviewer);
            var version = new ExpectedVersions([item.Version!.Value]);
            return new DecideReviews.Verdict(
                row.Id,
                item.Approves
                    ? Approval(
                        http,
                        row,
                        forProvider ? [] : http.Caller().RolesOn(path),
                        forProvider,
                        Wire.Time(item.GpuHours),
                        item.Comment,
                        version
                    )
                    : Denial(http, row, forProvider, item.Reason!, version),
                null
            );
        }
    }

    private static ApproveRequest Approval(
        HttpContext http,
        Request row,
        IReadOnlyList<string> roles,
        bool forProvider,
        GpuTime? time,
        string? comment,
        ExpectedVersions? version,
        OverrideDraft? given = null
    ) =>
        new()
        {
            Tree = TreeId.Of(row.RootProgrammeId),
            Actor = http.Actor(),
            RequestId = row.Id,
            Time = time,
            Comment = comment,
            Override = given,
            ExpectedVersion = version,
            ReviewerRoles = roles,
            ForProvider = forProvider,
            Decider = http.Decider(),
        };

    private static CloseRequest Denial(HttpContext http, Request row, bool forProvider, string reason, ExpectedVersions? version) =>
        new()
        {
            Tree = TreeId.Of(row.RootProgrammeId),
            Actor = http.Actor(),
            RequestId = row.Id,
            Closing = Closing.Denied(reason),
            ExpectedVersion = version,
            ForProvider = forProvider,
            Decider = http.Decider(),
        };

    private sealed class ApproveValidator : AbstractValidator<ApproveBody>
    {
        public ApproveValidator()
        {
            RuleFor(body => body.GpuHours).GpuHours(required: false).WithMessage(AskBounds.Time);
            RuleFor(body => body.Comment).Text(4_000, required: false);
            RuleFor(body => body.Override!).SetValidator(new OverrideBodyValidator()).When(body => body.Override is not null);
        }
    }
}

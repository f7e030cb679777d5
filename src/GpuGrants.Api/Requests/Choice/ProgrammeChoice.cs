using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Requests.Views;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace GpuGrants.Api.Requests.Choice;

/// <summary>
/// Chooses a programme for a request that names none. The ranked programmes decide one after the other, each in its own tree, until one
/// approves. If none does, the first that refers to a person records the request, else the first records its denial.
/// </summary>
/// <param name="http">The call.</param>
/// <param name="drafts">The ask and its fallbacks, in order.</param>
/// <param name="submit">The request in a programme: on the draft with this number alone, or on all where there is none.</param>
internal sealed class ProgrammeChoice(HttpContext http, IReadOnlyList<RequestDraft> drafts, Func<Programme, int?, SubmitRequest> submit)
{
    /// <summary>
    /// The most attempts of one request, each at one programme with one ask. Where none is approved, those that a person would
    /// decide are asked again, in turn, until one records the request. Else the first programme is asked again, and records the denial.
    /// </summary>
    public const int MaxAttempts = 20;

    private readonly string _language = http.Language();

    /// <summary>Decides and records the request in one programme.</summary>
    public async Task<IResult> RecordAsync(Guid organization)
    {
        // Another programme may be chosen now; the answer to the same key must stay.
        if (await http.EarlierAnswerAsync() is { } given)
            return new AnswerResult(given);
        var (eligible, ranked) = await RankAsync(organization);
        var tried = ranked.Take(MaxAttempts).ToList();
        var verdicts = new List<QuotaVerdict>();
        foreach (var (place, (programme, draft)) in tried.Index())
        {
            var choice = new ChoiceView(eligible, place + 1, LimitReached: false);
            var (answer, verdict) = await AttemptAsync(programme, draft, QuotaVerdict.Approve, choice);
            if (answer is not null)
                return new AnswerResult(answer);
            verdicts.Add(verdict);
        }

        var all = new ChoiceView(eligible, tried.Count, LimitReached: ranked.Count > tried.Count);
        foreach (var ((programme, draft), _) in tried.Zip(verdicts).Where(one => one.Second == QuotaVerdict.Review))
            if ((await AttemptAsync(programme, draft, QuotaVerdict.Review, all)).Answer is { } referred)
                return new AnswerResult(referred);
        return new AnswerResult((await AttemptAsync(tried[0].Programme, null, QuotaVerdict.Deny, all)).Answer!);
    }

    /// <summary>What <see cref="RecordAsync"/> would answer now.</summary>
    public async Task<IResult> DryRunAsync(Guid organization)
    {
        var (eligible, ranked) = await RankAsync(organization);
        var questions = http.RequestServices.GetRequiredService<Questions>();
        RequestDecided? best = null;
        var decided = 0;
        foreach (var (programme, draft) in ranked.Take(MaxAttempts))
        {
            decided++;
            if (
                !(await questions.DecideAsync(submit(programme, draft), http.RequestAborted))
                    .In(_language)
                    .TryGet(out var one, out var refusal)
            )
                return new AnswerResult(Problem.Of(refusal));
            if (best is null || (best.Request.Status == RequestStatus.Denied && one.Request.Status == RequestStatus.InReview))
                best = one;
            if (one.Request.Status != RequestStatus.Approved)
                continue;
            best = one;
            break;
        }

        // What a real request would record then: all asks, in the first programme.
        if (best!.Request.Status == RequestStatus.Denied && drafts.Count > 1)
        {
            var outcome = await questions.DecideAsync(submit(ranked[0].Programme, null), http.RequestAborted);
            if (!outcome.In(_language).TryGet(out var whole, out var refused))
                return new AnswerResult(Problem.Of(refused));
            best = whole;
        }

        var isApproved = best.Request.Status == RequestStatus.Approved;
        var choice = new ChoiceView(eligible, decided, LimitReached: !isApproved && ranked.Count > decided);
        return new AnswerResult(RequestAnswers.DryRun(await VisibleOffers.OnlyAsync(http, best), _language, choice));
    }

    /// <summary>How many programmes the organization is eligible for, and each draft's programmes in order.</summary>
    private async Task<(int Eligible, List<(Programme Programme, int? Draft)> Ranked)> RankAsync(Guid organization)
    {
        var ranked = new List<(Programme Programme, int? Draft, bool CanServe)>();
        for (var number = 0; number < drafts.Count; number++)
            foreach (var (programme, canServe) in await RankAsync(organization, drafts[number]))
                ranked.Add((programme, drafts.Count == 1 ? null : number, canServe));
        // What cannot serve an ask comes behind all that can serve any, so that it does not use up the attempts.
        return (
            ranked.Select(one => one.Programme.Id).Distinct().Count(),
            [.. ranked.OrderBy(one => one.CanServe ? 0 : 1).Select(one => (one.Programme, one.Draft))]
        );
    }

    private async Task<List<(Programme Programme, bool CanServe)>> RankAsync(Guid organization, RequestDraft draft)
    {
        var db = http.RequestServices.GetRequiredService<GpuGrantsContext>();
        var row = await db.Set<Organization>().AsNoTracking().FirstAsync(one => one.Id == organization, http.RequestAborted);
        // All programmes are looked through, so the choice waits in the queue of questions.
        var ranked = await http
            .RequestServices.GetRequiredService<Questions>()
            .RunAsync(
                () =>
                    ProgrammeRanking.RankAsync(
                        db,
                        http.RequestServices.GetRequiredService<NpgsqlDataSource>(),
                        row,
                        http.Caller().Age,
                        draft,
                        http.Now(),
                        http.RequestAborted
                    ),
                http.RequestAborted
            );
        return ranked.Count > 0
            ? ranked
            : throw Problem.Invalid(
                "programmeId",
                "The organization is eligible for no programme that is open now. GET /v1/programmes lists their terms."
            );
    }

    /// <summary>Attempts one programme. The answer is null when its verdict was worse than <paramref name="worst"/>.</summary>
    private async Task<(Answer? Answer, QuotaVerdict Verdict)> AttemptAsync(
        Programme programme,
        int? draft,
        QuotaVerdict worst,
        ChoiceView choice
    )
    {
        var request = submit(programme, draft);
        var attempt = new AttemptRequest
        {
            Tree = request.Tree,
            Actor = request.Actor,
            Request = request,
            Worst = worst,
        };
        var render = RequestAnswers.Created(_language, choice);
        var (answer, outcome) = await http.SubmitAsync(
            attempt,
            CommandExtensions.Answering<RequestAttempt>(result => result.Decided is { } decided ? render(decided) : null)
        );
        return (answer, outcome.TryGet(out var tried, out _) && tried is not null ? tried.Verdict : QuotaVerdict.Deny);
    }
}

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
internal sealed class ProgrammeChoice(HttpContext http, Func<Programme, SubmitRequest> submit)
{
    /// <summary>The most programmes that decide one request.</summary>
    public const int MaxDecided = 20;

    private readonly string _language = http.Language();

    /// <summary>Decides and records the request in one programme.</summary>
    public async Task<IResult> RecordAsync(Guid organization, RequestDraft draft)
    {
        // Another programme may be chosen now; the answer to the same key must stay.
        if (await http.EarlierAnswerAsync() is { } given)
            return new AnswerResult(given);
        var ranked = await RankAsync(organization, draft);
        var tried = ranked.Take(MaxDecided).ToList();
        var verdicts = new List<QuotaVerdict>();
        foreach (var (place, programme) in tried.Index())
        {
            var choice = new ChoiceView(ranked.Count, place + 1, LimitReached: false);
            var (answer, verdict) = await AttemptAsync(programme, QuotaVerdict.Approve, choice);
            if (answer is not null)
                return new AnswerResult(answer);
            verdicts.Add(verdict);
        }

        var all = new ChoiceView(ranked.Count, tried.Count, LimitReached: ranked.Count > tried.Count);
        foreach (var (programme, _) in tried.Zip(verdicts).Where(one => one.Second == QuotaVerdict.Review))
            if ((await AttemptAsync(programme, QuotaVerdict.Review, all)).Answer is { } referred)
                return new AnswerResult(referred);
        return new AnswerResult((await AttemptAsync(tried[0], QuotaVerdict.Deny, all)).Answer!);
    }

    /// <summary>What <see cref="RecordAsync"/> would answer now.</summary>
    public async Task<IResult> DryRunAsync(Guid organization, RequestDraft draft)
    {
        var ranked = await RankAsync(organization, draft);
        var runs = http.RequestServices.GetRequiredService<DryRuns>();
        RequestDecided? best = null;
        var decided = 0;
        foreach (var programme in ranked.Take(MaxDecided))
        {
            decided++;
            if (!(await runs.DecideAsync(submit(programme), http.RequestAborted)).TryGet(out var one, out var refusal))
                return new AnswerResult(Problem.Of(refusal));
            if (best is null || (best.Request.Status == RequestStatus.Denied && one.Request.Status == RequestStatus.InReview))
                best = one;
            if (one.Request.Status != RequestStatus.Approved)
                continue;
            best = one;
            break;
        }

        var isApproved = best!.Request.Status == RequestStatus.Approved;
        var choice = new ChoiceView(ranked.Count, decided, LimitReached: !isApproved && ranked.Count > decided);
        return new AnswerResult(RequestAnswers.DryRun(best, _language, choice));
    }

    private async Task<List<Programme>> RankAsync(Guid organization, RequestDraft draft)
    {
        var db = http.RequestServices.GetRequiredService<GpuGrantsContext>();
        var row = await db.Set<Organization>().AsNoTracking().FirstAsync(one => one.Id == organization, http.RequestAborted);
        // All programmes are looked through, so the choice waits in the queue of questions.
        var ranked = await http
            .RequestServices.GetRequiredService<DryRuns>()
            .RunAsync(
                () =>
                    ProgrammeRanking.RankAsync(
                        db,
                        http.RequestServices.GetRequiredService<NpgsqlDataSource>(),
                        row,
                        http.Caller().Age,
                        draft,
                        http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(),
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
    private async Task<(Answer? Answer, QuotaVerdict Verdict)> AttemptAsync(Programme programme, QuotaVerdict worst, ChoiceView choice)
    {
        var request = submit(programme);
        var attempt = new AttemptRequest
        {
            Tree = request.Tree,
            Actor = request.Actor,
            Request = request,
            Worst = worst,
        };
        var (answer, outcome) = await http.SubmitAsync(
            attempt,
            Renderer.OfPart((RequestAttempt result) => result.Decided, RequestAnswers.Created(_language, choice))
        );
        return (answer, outcome.TryGet(out var tried, out _) && tried is not null ? tried.Verdict : QuotaVerdict.Deny);
    }
}

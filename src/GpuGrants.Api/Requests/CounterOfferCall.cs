using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Requests.Views;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Requests;

/// <summary>The call that accepts a counter-offer. Every acceptance after the first gets the answer of the first.</summary>
internal static class CounterOfferCall
{
    public static async Task<IResult> AcceptAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await RequestAccess.OwnAsync(http, db, id);
        if (await http.EarlierAnswerAsync() is { } given)
            return new AnswerResult(given);
        if (row.AcceptedAs is { } earlier)
            return new AnswerResult(await FirstAnswerAsync(http, db, row.RootProgrammeId, earlier));
        var offered = await OfferedAsync(http, db, row);
        var render = RequestAnswers.Created(http.Language());
        var (answer, outcome) = await http.SubmitAsync(
            Command(http, row, offered),
            CommandExtensions.Answering<CounterOfferTaken>(taken => taken.Decided is { } decided ? render(decided) : null)
        );
        if (answer is not null)
            return new AnswerResult(answer);
        outcome.TryGet(out var other, out _);
        return new AnswerResult(await FirstAnswerAsync(http, db, row.RootProgrammeId, other!.RequestId));
    }

    /// <summary>The amount that the denial named.</summary>
    private static async Task<GpuTime> OfferedAsync(HttpContext http, GpuGrantsContext db, Request row)
    {
        if (row.Status != RequestStatus.Denied)
            throw new ProblemException(
                Problem.Document(
                    409,
                    "no-counter-offer",
                    $"Only a denied request has a counter-offer. This request is {row.Status}.",
                    "status"
                )
            );
        if (row.ChangesInPlace)
            throw new ProblemException(
                Problem.Document(
                    409,
                    "no-counter-offer",
                    $"The request was about a grant. Ask for less: POST /v1/grants/{row.ChangesGrantId}/{row.Change}.",
                    "gpuHours"
                )
            );
        var seconds = await db.Set<Decision>()
            .Where(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.DecisionId)
            .Select(one => one.MaxGrantableGpuSeconds)
            .FirstAsync(http.RequestAborted);
        // An early denial may name more than the ask.
        return seconds > 0
            ? GpuTime.FromSeconds(Math.Min(seconds, row.GpuSeconds))
            : throw new ProblemException(
                Problem.Document(
                    409,
                    "no-counter-offer",
                    "Nothing would have passed when the request was denied, so there is no counter-offer. Ask again with other values.",
                    "gpuHours"
                )
            );
    }

    private static AcceptCounterOffer Command(HttpContext http, Request row, GpuTime offered) =>
        new()
        {
            Tree = TreeId.Of(row.RootProgrammeId),
            Actor = http.Actor(),
            RequestId = row.Id,
            Ask = new SubmitRequest
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                ProgrammeId = row.ProgrammeId,
                OrganizationId = row.OrganizationId,
                ProjectId = row.ProjectId,
                ExternalId = row.ExternalId,
                Metadata = row.Metadata,
                RenewsGrantId = row.ChangesGrantId,
                AcceptedTerms = http.Caller().AcceptedTerms,
                Age = http.Caller().Age,
                IndependenceWindow = http.IndependenceWindow(),
                Draft = RequestDraft.Of(row) with { Time = offered },
            },
        };

    /// <summary>The answer that the call got which made a request.</summary>
    internal static async Task<Answer> FirstAnswerAsync(HttpContext http, GpuGrantsContext db, Guid root, Guid requestId)
    {
        var decision = await db.Set<Decision>()
            .Where(one => one.RootProgrammeId == root && one.RequestId == requestId)
            .OrderBy(one => one.Id)
            .Select(one => one.Id)
            .FirstAsync(http.RequestAborted);
        var pinned = http.RequestServices.GetRequiredService<PinnedRequest>();
        return RequestAnswers.Made(await pinned.ReadAsync(root, decision, http.RequestAborted), http.Language(), null);
    }
}

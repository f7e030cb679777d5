using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;

namespace GpuGrants.Api.Requests.Choice;

/// <summary>
/// Decides a new request and records it only when the verdict is good enough. Otherwise the request leaves no row,
/// fact, event or count. Reviews and quotes whose time is over end all the same.
/// </summary>
internal sealed class AttemptRequest : Command<RequestAttempt>
{
    /// <summary>The request. It is never submitted by itself: this command rules and records it.</summary>
    public required SubmitRequest Request { get; init; }

    /// <summary>The worst verdict that is recorded.</summary>
    public required QuotaVerdict Worst { get; init; }

    public override void PlanAhead(BatchState batch) => Request.PlanAhead(batch);

    public override void Plan(BatchState batch) => Request.Plan(batch);

    public override Outcome<RequestAttempt> Decide(BatchState batch)
    {
        if (!Request.MakeRuling(batch).TryGet(out var ruling, out var refusal))
            return refusal;
        return new RequestAttempt(ruling.Verdict, ruling.Verdict <= Worst ? Request.Record(batch, ruling) : null);
    }
}

/// <summary>What the rules said to an attempt.</summary>
/// <param name="Verdict">Their verdict.</param>
/// <param name="Decided">The recorded request; null when the verdict was not good enough.</param>
internal sealed record RequestAttempt(QuotaVerdict Verdict, RequestDecided? Decided);

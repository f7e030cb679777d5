using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Trees;

namespace GpuGrants.Api.Reviews;

/// <summary>
/// Several verdicts of one reviewer in one transaction. Each is the command that a single verdict is, so it meets the same rules at its own
/// turn: one that is refused changes nothing, and the others stand.
/// </summary>
internal sealed class DecideReviews : Command<VerdictsAnswer>
{
    public required IReadOnlyList<Verdict> Verdicts { get; init; }

    /// <summary>Of the refusals.</summary>
    public required string Language { get; init; }

    public override IEnumerable<TreeId> Trees => Verdicts.Select(one => one.Command?.Tree).OfType<TreeId>().Append(Tree).Distinct();

    public override void PlanAhead(BatchState batch)
    {
        foreach (var one in Verdicts)
            one.Command?.PlanAhead(batch);
    }

    public override void Plan(BatchState batch)
    {
        foreach (var one in Verdicts)
            one.Command?.Plan(batch);
    }

    public override Outcome<VerdictsAnswer> Decide(BatchState batch)
    {
        var results = new VerdictResult[Verdicts.Count];
        // Tree by tree, as a recount of their facts takes them.
        foreach (var (place, one) in Verdicts.Index().OrderBy(one => one.Item.Command?.Tree.Value))
            results[place] = one.Decide(batch, Language);
        return new VerdictsAnswer { Results = results };
    }

    /// <summary>A verdict on one request.</summary>
    /// <param name="RequestId">The request.</param>
    /// <param name="Command">What gives it; null when the caller may not.</param>
    /// <param name="Refusal">Why the caller may not.</param>
    internal sealed record Verdict(Guid RequestId, Command<RequestDecided>? Command, Refusal? Refusal)
    {
        public VerdictResult Decide(BatchState batch, string language)
        {
            if (Command is null)
                return VerdictResult.Refused(RequestId, Refusal!, language);
            return Command.Decide(batch).TryGet(out var decided, out var refusal)
                ? VerdictResult.Of(decided)
                : VerdictResult.Refused(RequestId, refusal, language);
        }
    }
}

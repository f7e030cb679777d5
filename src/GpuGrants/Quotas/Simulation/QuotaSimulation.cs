using GpuGrants.Units;

namespace GpuGrants.Quotas.Simulation;

/// <summary>
/// Lives through a past period under other policies, with counters of its own. Feed it all facts of the tree in order, from the first.
/// </summary>
/// <remarks>
/// Requests before the period stay as they happened. In the period each is decided anew, and what followed is taken from what happened as
/// far as it fits. A request that would now be denied leaves nothing behind. One that would now be approved is granted at once in full;
/// what was used, returned and ended follows if it was granted then, too. Where people would decide now, they decide as they did, or as
/// the rules did then. Where the budgets are given, nothing is granted that would not fit in them.
/// </remarks>
/// <param name="quotas">The other policies.</param>
/// <param name="from">When the period begins.</param>
/// <param name="flipped">Is told of each request that would have been decided otherwise.</param>
/// <param name="budgets">The programmes' budgets; null when only quotas count.</param>
/// <param name="shown">The programme whose requests the result shows, with those below it; null for all. The others count in the rules, and
/// nothing is told of them.</param>
public sealed class QuotaSimulation(
    CompiledQuotas quotas,
    DateTimeOffset from,
    Action<SimulationFlip>? flipped = null,
    SimulationBudgets? budgets = null,
    Guid? shown = null
)
{
    private readonly CountersInMemory _counters = new();

    // Only requests whose course differs from what happened: the others need no memory.
    private readonly Dictionary<Guid, QuotaVerdict> _otherwise = [];

    /// <summary>The period as it happened.</summary>
    public SimulationSide Happened { get; } = new();

    /// <summary>The period under the other policies.</summary>
    public SimulationSide Simulated { get; } = new();

    /// <summary>How many requests would have been decided otherwise.</summary>
    public int Flips { get; private set; }

    /// <exception cref="ArgumentException">A request of the period comes without what was asked and decided.</exception>
    public void Take(PastFact past)
    {
        var isInPeriod = past.Fact.At >= from;
        var match = quotas.Match(past.Context);
        if (isInPeriod && past.Fact.Kind == QuotaFactKind.Granted && IsShown(past.Context))
            Happened.Grant(past.Context, past.Fact);
        if (isInPeriod && past.Fact.IsBeginning)
        {
            Decide(past, match);
        }
        else if (Remains(past))
        {
            Count(match, past.Fact, isInPeriod);
        }
    }

    /// <summary>Counts a fact of a tree that is not simulated, as it happened: both trees share the platform's counters.</summary>
    public void Keep(PastFact past) => quotas.Match(past.Context).Apply(past.Fact, _counters);

    private void Decide(PastFact past, QuotaMatch match)
    {
        if (past is not { Ask: { } ask, Verdict: { } happened })
            throw new ArgumentException("A past request needs what was asked and what was decided.", nameof(past));
        var at = past.Fact.At;
        var isShown = IsShown(past.Context);
        if (isShown)
            Happened.Decide(past.Context, happened);
        if (past.Stays)
        {
            if (isShown)
                Simulated.Decide(past.Context, happened);
            match.Apply(past.Fact, _counters);
            return;
        }

        var decision = QuotaDecision.Decide(match, ask, _counters, at);
        var exceedsBudget =
            decision.Verdict != QuotaVerdict.Deny && budgets is not null && ask.Credits.Units > budgets.Available(past.Context, at);
        var verdict = exceedsBudget ? QuotaVerdict.Deny : decision.Verdict;
        if (isShown)
            Simulated.Decide(past.Context, verdict);
        match.Apply(past.Fact, _counters);
        if (verdict == happened)
            return;
        if (isShown)
            Flip(past, decision, happened, verdict, exceedsBudget);
        if (verdict == QuotaVerdict.Review)
            return;
        _otherwise[past.RequestId] = verdict;
        match.Apply(QuotaFact.RequestClosed(at, at), _counters);
        // Other dates of a grant bring nothing that counts by itself.
        if (verdict == QuotaVerdict.Approve && ask.Part != AskedPart.Dates)
        {
            var granted =
                ask.Part == AskedPart.Time
                    ? QuotaFact.ToppedUp(at, ask.Time, ask.Credits)
                    : QuotaFact.Granted(at, at, ask.Time, ask.Credits, ask.Gpus);
            Count(match, ask.Life is { } life ? granted.Of(life, GpuTime.Zero) : granted, isInPeriod: true);
        }
    }

    private void Flip(PastFact past, QuotaDecision decision, QuotaVerdict happened, QuotaVerdict verdict, bool exceedsBudget)
    {
        Flips++;
        flipped?.Invoke(
            new SimulationFlip(
                past.RequestId,
                past.Fact.At,
                past.Context.OrganizationId,
                happened,
                verdict,
                [.. decision.Evaluations.Where(one => one.IsBreached && one.Verdict == verdict).Select(one => one.Rule.Rule.Id)],
                exceedsBudget
            )
        );
    }

    private bool IsShown(QuotaContext context) => shown is not { } programme || context.ProgrammePath.Contains(programme);

    /// <summary>Whether what happened to the request would have happened to it in the simulation.</summary>
    private bool Remains(PastFact past) =>
        !_otherwise.TryGetValue(past.RequestId, out var verdict)
        || (
            verdict == QuotaVerdict.Approve
            && past.Fact.Kind
                is QuotaFactKind.Returned
                    or QuotaFactKind.Used
                    or QuotaFactKind.Unused
                    or QuotaFactKind.ToppedUp
                    or QuotaFactKind.MovedOut
                    or QuotaFactKind.MovedIn
                    or QuotaFactKind.GpusGivenBack
                    or QuotaFactKind.GpusTakenAgain
                    or QuotaFactKind.GrantEnded
        );

    private void Count(QuotaMatch match, QuotaFact fact, bool isInPeriod)
    {
        if (isInPeriod && fact.Kind == QuotaFactKind.Granted && IsShown(match.Context))
            Simulated.Grant(match.Context, fact);
        budgets?.Apply(match.Context, fact);
        match.Apply(fact, _counters);
    }
}

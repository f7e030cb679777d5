using GpuGrants.Units;

namespace GpuGrants.Quotas.Wording;

/// <summary>Which smaller amount a sentence advises to ask for.</summary>
public readonly record struct QuotaAdvice
{
    private readonly GpuTime? _most;

    private QuotaAdvice(GpuTime? most) => _most = most;

    /// <summary>What the rule alone leaves, in its own unit.</summary>
    public static QuotaAdvice OfTheRule => default;

    /// <summary>One amount for all sentences of a decision: what passes every rule, the offer and the budget. Zero advises none.</summary>
    public static QuotaAdvice Of(GpuTime most) => new(most);

    /// <summary>The amount and the measure that it is in; null when asking for less does not help.</summary>
    internal (long Amount, QuotaMeasure Measure)? For(in QuotaEvaluation evaluation)
    {
        var measure = evaluation.Rule.Rule.Measure;
        // Of a limit on GPUs at once, fewer hours are no help.
        if (_most is not { } most || measure.Unit == QuotaUnit.Count)
            return QuotaNextSteps.Offer(evaluation) is { } own ? (own, measure) : null;
        return most.IsZero || !measure.GrowsWithTheAsk ? null : (most.Seconds, QuotaMeasure.GpuHoursGranted);
    }
}

using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>What a grant allows of usage at the moment a reading arrives.</summary>
/// <param name="TakesUsage">False when no usage can be charged to it any more.</param>
/// <param name="StartsAt">Nothing may be used before.</param>
/// <param name="EndsAt">Nothing may be used from then on.</param>
/// <param name="Gpus">The most GPUs at once.</param>
/// <param name="Most">GPU time that was granted and not returned.</param>
public readonly record struct UsageTerms(bool TakesUsage, DateTimeOffset StartsAt, DateTimeOffset EndsAt, int Gpus, GpuTime Most)
{
    /// <summary>The grant's life.</summary>
    public UsageSpan Life => UsageSpan.Between(StartsAt, EndsAt);

    /// <summary>When the grant was suspended. What is used then is never charged.</summary>
    public IReadOnlyList<UsageSpan> Suspensions
    {
        get => field ?? [];
        init;
    }

    /// <summary>Whether time pays for its GPUs, used or not. What is reported then is excused.</summary>
    public bool IsPaidByTime { get; init; }

    /// <summary>When its offer did not serve as promised. What is used then is excused: nobody pays, and nothing follows.</summary>
    public IReadOnlyList<UsageSpan> Outages
    {
        get => field ?? [];
        init;
    }

    /// <summary>GPU time that may still be added to the grant for use beyond it.</summary>
    public GpuTime Grace { get; init; }

    /// <summary>How much of a span may be charged: without suspensions and outages.</summary>
    /// <returns>Milliseconds.</returns>
    public long UsableMs(UsageSpan span) =>
        Suspensions.Count == 0 && Outages.Count == 0 ? span.LengthMs : span.LengthMs - span.CoveredMs(Suspensions.Concat(Outages));

    /// <summary>The parts of a span that may be charged: without suspensions and outages.</summary>
    /// <returns>In order; none is empty.</returns>
    public IReadOnlyList<UsageSpan> UsableIn(UsageSpan span) =>
        Suspensions.Count == 0 && Outages.Count == 0 ? [span] : span.Without(Suspensions.Concat(Outages));

    /// <summary>What a record still charges once an outage is known: what counted outside of it.</summary>
    /// <param name="charged">What it charged, exactly.</param>
    /// <param name="milliGpus">Its thousandths of a GPU.</param>
    /// <param name="span">Its time.</param>
    /// <param name="before">The terms by which it charged that.</param>
    public MeteredTime Left(MeteredTime charged, int milliGpus, UsageSpan span, UsageTerms before) =>
        UsageParts.Left(charged, milliGpus, before.UsableMs(span), UsableMs(span));

    /// <summary>The terms before one more outage was known.</summary>
    /// <param name="outage">One of <see cref="Outages"/>. Another of the same time stays.</param>
    public UsageTerms Before(UsageSpan outage)
    {
        var outages = Outages.ToList();
        outages.Remove(outage);
        return this with { Outages = outages };
    }

    /// <summary>How much of a span lies in outages.</summary>
    /// <returns>Milliseconds.</returns>
    public long OutageMs(UsageSpan span) => Outages.Count == 0 ? 0 : span.CoveredMs(Outages);
}

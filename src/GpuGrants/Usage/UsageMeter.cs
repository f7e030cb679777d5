using System.Globalization;
using GpuGrants.Units;

namespace GpuGrants.Usage;

/// <summary>Judges readings of one grant, one after the other, and adds up what was taken.</summary>
/// <param name="terms">What the grant allows.</param>
/// <param name="used">The exact sum of all readings so far, as far as they were charged.</param>
/// <param name="profile">Their GPUs over time, at least wherever the new readings lie. The meter adds what it takes.</param>
/// <param name="at">The present moment.</param>
public sealed class UsageMeter(UsageTerms terms, MeteredTime used, UsageProfile profile, DateTimeOffset at)
{
    /// <summary>A provider's clock may differ from ours by this much. What it states beyond the bounds is cut off.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>The exact sum of what readings charge.</summary>
    public MeteredTime Used { get; private set; } = used;

    /// <summary>What the readings need added to the grant, at most its grace.</summary>
    public GpuTime TopUp { get; private set; }

    /// <summary>Takes a reading, or says why not.</summary>
    /// <param name="reading">What a record states.</param>
    /// <param name="charge">What it charges; nothing when it is refused.</param>
    /// <returns>Null when it was taken, else the first reason against it. A refused reading changes nothing.</returns>
    public UsageRefusal? Take(UsageReading reading, out UsageCharge charge) => Take(reading, null, out charge);

    private UsageRefusal? Take(UsageReading reading, MeteredTime? most, out UsageCharge charge)
    {
        charge = default;
        if (CheckTime(reading) is { } refusal)
            return refusal;
        var span = UsageSpan.Between(reading.StartedAt, reading.EndedAt).Within(terms.Life);
        span = span.Within(new UsageSpan(long.MinValue, UsageSpan.Between(at, at).ToMs));
        if (span.IsEmpty)
            return NothingLeft(reading);
        var free = ((long)terms.Gpus * UsageReading.MilliPerGpu) - profile.MostWithin(span);
        if (reading.MilliGpus > free)
            return ExceedsGpus(free);
        if (!MeteredTime.TryOf(reading.MilliGpus, span.LengthMs, out var all))
            return ExceedsGrant();
        var charged = terms.IsPaidByTime ? MeteredTime.FromMicroseconds(0) : Chargeable(reading.MilliGpus, span);
        if (most is { } bound && charged.GpuMicroseconds > bound.GpuMicroseconds)
            charged = bound;
        var excused = terms.IsPaidByTime ? all : MeteredTime.FromMicroseconds(reading.MilliGpus * terms.OutageMs(span));
        charge = new UsageCharge(span, Used.Plus(charged).Charged - Used.Charged, all.Without(charged).Without(excused), excused);
        Used = Used.Plus(charged);
        profile.Add(span, reading.MilliGpus);
        return null;
    }

    /// <summary>What a reading charges: what it used outside of suspensions and outages, as far as the grant and its grace reach.</summary>
    private MeteredTime Chargeable(int milliGpus, UsageSpan span)
    {
        const long Second = MeteredTime.MicrosecondsPerSecond;
        var usable = milliGpus * terms.UsableMs(span);
        // Less than a second too much is rounded off. The sum may have such a rest already, so this may be below zero.
        var free = ((terms.Most + TopUp).Seconds * Second) - Used.GpuMicroseconds;
        if (usable < free + Second)
            return MeteredTime.FromMicroseconds(usable);
        var more = Math.Min((usable - free + Second - 1) / Second, (terms.Grace - TopUp).Seconds);
        TopUp += GpuTime.FromSeconds(more);
        return MeteredTime.FromMicroseconds(Math.Clamp(free + (more * Second), 0, usable));
    }

    /// <summary>Puts a reading in the place of one that was taken before, or takes that one out.</summary>
    /// <param name="span">The time that counted of the one before.</param>
    /// <param name="milliGpus">Its thousandths of a GPU.</param>
    /// <param name="free">What it does not charge.</param>
    /// <param name="reading">What takes its place; null for nothing.</param>
    /// <param name="charge">What counts from now on. Its time is meaningless: compare <see cref="Used"/>.</param>
    /// <param name="most">The most that the reading charges; null for what the grant allows.</param>
    /// <returns>Null when it was replaced, else the first reason against it. Nothing has changed then.</returns>
    public UsageRefusal? Replace(
        UsageSpan span,
        int milliGpus,
        MeteredTime free,
        UsageReading? reading,
        out UsageCharge charge,
        MeteredTime? most = null
    )
    {
        charge = default;
        var before = Used;
        Used = Used.Without(MeteredTime.FromMicroseconds(milliGpus * span.LengthMs).Without(free));
        profile.Add(span, -milliGpus);
        if (reading is not { } next)
            return null;
        var refusal = Take(next, most, out charge);
        if (refusal is null)
            return null;
        Used = before;
        profile.Add(span, milliGpus);
        return refusal;
    }

    private UsageRefusal? CheckTime(UsageReading reading)
    {
        if (!terms.TakesUsage)
            return new("grant-not-active", "grantId", "The grant has ended. Usage can no longer be charged to it.");
        if (reading.EndedAt <= reading.StartedAt)
            return new("usage-not-in-order", "endedAt", "The usage ends before it begins. Correct startedAt or endedAt.");
        if (reading.EndedAt - at > ClockTolerance)
            return InFuture();
        if (terms.StartsAt - reading.StartedAt > ClockTolerance)
            return BeforeGrant();
        return reading.EndedAt - terms.EndsAt > ClockTolerance ? AfterGrant() : null;
    }

    /// <summary>Within the tolerance, but all of it outside the bounds.</summary>
    private UsageRefusal NothingLeft(UsageReading reading)
    {
        if (reading.EndedAt <= terms.StartsAt)
            return BeforeGrant();
        if (reading.StartedAt >= terms.EndsAt)
            return AfterGrant();
        return reading.StartedAt >= at
            ? InFuture()
            : new("usage-too-short", "endedAt", "The usage lasts less than a millisecond. Join it with the next record.");
    }

    private UsageRefusal InFuture() =>
        new("usage-in-future", "endedAt", $"The service's clock shows {Text(at)}. Report the usage again when its time has passed.");

    private UsageRefusal BeforeGrant() =>
        new("usage-before-grant", "startedAt", $"The grant starts at {Text(terms.StartsAt)}. Report usage from then on.");

    private UsageRefusal AfterGrant() =>
        new("usage-after-grant", "endedAt", $"The grant ends at {Text(terms.EndsAt)}. Report usage up to then.");

    private UsageRefusal ExceedsGpus(long free) =>
        new(
            "usage-exceeds-gpus",
            "gpus",
            $"The grant has {terms.Gpus} GPUs. At some moment of this record, the records taken so far leave "
                + $"{Gpus(Math.Max(0, free))} of them. Report at most that, or correct startedAt and endedAt."
        );

    private static UsageRefusal ExceedsGrant() =>
        new("usage-exceeds-grant", "gpus", "The record states more GPU time than can be counted. Correct gpus, startedAt or endedAt.");

    private static string Gpus(long milliGpus) =>
        (milliGpus / (decimal)UsageReading.MilliPerGpu).ToString("0.###", CultureInfo.InvariantCulture);

    private static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}

using GpuGrants.Units;

namespace GpuGrants.Quotas.Measures;

/// <summary>
/// One thing that happened, as the counters see it. Neither the facts of a tree nor those in a counter go back in time: <see cref="At"/>
/// does not decrease.
/// </summary>
public sealed record QuotaFact
{
    private QuotaFact(QuotaFactKind kind, DateTimeOffset at, DateTimeOffset countsAt)
    {
        if (countsAt > at)
            throw new ArgumentOutOfRangeException(nameof(countsAt), "A fact cannot count in a window of the future.");
        Kind = kind;
        At = at;
        CountsAt = countsAt;
    }

    /// <summary>What happened.</summary>
    public QuotaFactKind Kind { get; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset At { get; }

    /// <summary>The instant in whose windows it counts: that of the award or hold for what follows from it.</summary>
    public DateTimeOffset CountsAt { get; }

    /// <summary>The GPU time that it is about; zero when it is about none.</summary>
    public GpuTime Time { get; private init; }

    /// <summary>The credits that it is about.</summary>
    public Credits Credits { get; private init; }

    /// <summary>The GPUs that it is about.</summary>
    public int Gpus { get; private init; }

    /// <summary>Of a released hold: nothing of it is left. Of what moves: the grant itself and its GPUs do.</summary>
    public bool IsWhole { get; private init; }

    /// <summary>When the grant or hold may be used; null when the fact is about none, or nobody knows any more.</summary>
    public GrantLife? Life { get; private init; }

    /// <summary>What the grant or hold had left right before: neither used nor returned.</summary>
    public GpuTime Outstanding { get; private init; }

    /// <summary>Of use: when it began. It counts evenly from then until <see cref="CountsAt"/>; null when it counts at that
    /// instant.</summary>
    public DateTimeOffset? UsedFrom { get; private init; }

    /// <summary>What was outstanding before it.</summary>
    public OutstandingTime OutstandingBefore => Life is { } life ? OutstandingTime.Of(life, Outstanding.Seconds) : default;

    /// <summary>What is outstanding after it.</summary>
    public OutstandingTime OutstandingAfter =>
        Life is not { } life
            ? default
            : Kind switch
            {
                QuotaFactKind.Held
                or QuotaFactKind.HeldMore
                or QuotaFactKind.Granted
                or QuotaFactKind.Unused
                or QuotaFactKind.ToppedUp
                or QuotaFactKind.MovedIn => OutstandingTime.Of(life, (Outstanding + Time).Seconds),
                QuotaFactKind.HoldReleased or QuotaFactKind.Returned or QuotaFactKind.Used or QuotaFactKind.MovedOut => OutstandingTime.Of(
                    life,
                    (Outstanding - Time).Seconds
                ),
                QuotaFactKind.GrantEnded => OutstandingTime.Of(life.Until(At), Outstanding.Seconds),
                _ => default,
            };

    /// <summary>The same fact of a grant or hold whose life and rest are known.</summary>
    /// <param name="life">Right before the fact.</param>
    /// <param name="outstanding">What was left right before it: nothing for an award or a hold.</param>
    public QuotaFact Of(GrantLife life, GpuTime outstanding) => this with { Life = life, Gpus = life.Gpus, Outstanding = outstanding };

    /// <summary>The same use, counted evenly since its beginning.</summary>
    public QuotaFact Since(DateTimeOffset usedFrom) => this with { UsedFrom = usedFrom < CountsAt ? usedFrom : null };

    /// <summary>A request was made.</summary>
    public static QuotaFact Requested(DateTimeOffset at) => new(QuotaFactKind.Requested, at, at);

    /// <summary>A request takes a counter-offer. The asking was counted with the denied request.</summary>
    public static QuotaFact Reasked(DateTimeOffset at) => new(QuotaFactKind.Reasked, at, at);

    /// <summary>Whether a request begins with this fact.</summary>
    public bool IsBeginning => Kind is QuotaFactKind.Requested or QuotaFactKind.Reasked;

    /// <summary>A request waits for people and its amounts are kept for it.</summary>
    public static QuotaFact Held(DateTimeOffset at, GpuTime time, Credits credits, int gpus) =>
        new(QuotaFactKind.Held, at, at)
        {
            Time = time,
            Credits = credits,
            Gpus = gpus,
        };

    /// <summary>More time for a grant waits for people. It is neither another grant nor more GPUs.</summary>
    public static QuotaFact HeldMore(DateTimeOffset at, GpuTime time, Credits credits) =>
        new(QuotaFactKind.HeldMore, at, at) { Time = time, Credits = credits };

    /// <summary>
    /// Some or all of a hold is given up, also right before it becomes a grant. <paramref name="isWhole"/> says that nothing stays held:
    /// only then the held grant and the held GPUs are given up.
    /// </summary>
    public static QuotaFact HoldReleased(DateTimeOffset at, DateTimeOffset heldAt, GpuTime time, Credits credits, int gpus, bool isWhole) =>
        new(QuotaFactKind.HoldReleased, at, heldAt)
        {
            Time = time,
            Credits = credits,
            Gpus = gpus,
            IsWhole = isWhole,
        };

    /// <summary>
    /// An award. One that follows a hold counts at the hold's instant, so that what was kept in a window is spent in it and
    /// an approval cannot break the limit of a later window.
    /// </summary>
    public static QuotaFact Granted(DateTimeOffset at, DateTimeOffset countsAt, GpuTime time, Credits credits, int gpus) =>
        new(QuotaFactKind.Granted, at, countsAt)
        {
            Time = time,
            Credits = credits,
            Gpus = gpus,
        };

    /// <summary>A grant got more time. It counts now, where its rules were asked.</summary>
    public static QuotaFact ToppedUp(DateTimeOffset at, GpuTime time, Credits credits) => ToppedUp(at, at, time, credits);

    /// <summary>A grant got more time after a person decided. It counts where it was held.</summary>
    public static QuotaFact ToppedUp(DateTimeOffset at, DateTimeOffset countsAt, GpuTime time, Credits credits) =>
        new(QuotaFactKind.ToppedUp, at, countsAt) { Time = time, Credits = credits };

    /// <summary>
    /// A part of what a grant has left counts here no more, because the grant gets other dates, GPUs or people. Whatever the rule says of
    /// refunds, it leaves the windows in which it counted: <see cref="MovedIn"/> counts it in the same windows.
    /// </summary>
    /// <param name="at">When it moves.</param>
    /// <param name="countsAt">In whose windows the part counts.</param>
    /// <param name="time">The part.</param>
    /// <param name="credits">What it costs.</param>
    /// <param name="isWhole">Whether the grant itself and its GPUs move with it.</param>
    public static QuotaFact MovedOut(DateTimeOffset at, DateTimeOffset countsAt, GpuTime time, Credits credits, bool isWhole) =>
        new(QuotaFactKind.MovedOut, at, countsAt)
        {
            Time = time,
            Credits = credits,
            IsWhole = isWhole,
        };

    /// <summary>The other half of <see cref="MovedOut"/>: the part counts here from now on.</summary>
    public static QuotaFact MovedIn(DateTimeOffset at, DateTimeOffset countsAt, GpuTime time, Credits credits, bool isWhole) =>
        new(QuotaFactKind.MovedIn, at, countsAt)
        {
            Time = time,
            Credits = credits,
            IsWhole = isWhole,
        };

    /// <summary>A running grant has fewer GPUs from now on. When it may be used stays as it was.</summary>
    public static QuotaFact GpusGivenBack(DateTimeOffset at, DateTimeOffset grantCountedAt, int gpus) =>
        new(QuotaFactKind.GpusGivenBack, at, grantCountedAt) { Gpus = gpus };

    /// <summary>Undoes <see cref="GpusGivenBack"/>, right before the grant stops counting.</summary>
    public static QuotaFact GpusTakenAgain(DateTimeOffset at, DateTimeOffset grantCountedAt, int gpus) =>
        new(QuotaFactKind.GpusTakenAgain, at, grantCountedAt) { Gpus = gpus };

    /// <summary>
    /// Unused amounts come back, to the windows of the award if the rule refunds. <paramref name="grantCountedAt"/> is the award's own
    /// instant.
    /// </summary>
    public static QuotaFact Returned(DateTimeOffset at, DateTimeOffset grantCountedAt, GpuTime time, Credits credits) =>
        new(QuotaFactKind.Returned, at, grantCountedAt) { Time = time, Credits = credits };

    /// <summary>GPU time was used at <paramref name="usedAt"/>.</summary>
    public static QuotaFact Used(DateTimeOffset at, DateTimeOffset usedAt, GpuTime time) =>
        new(QuotaFactKind.Used, at, usedAt) { Time = time };

    /// <summary>GPU time that counted as used at <paramref name="usedAt"/> was not used.</summary>
    public static QuotaFact Unused(DateTimeOffset at, DateTimeOffset usedAt, GpuTime time) =>
        new(QuotaFactKind.Unused, at, usedAt) { Time = time };

    /// <summary>A grant ended. <paramref name="grantCountedAt"/> is the award's own instant.</summary>
    public static QuotaFact GrantEnded(DateTimeOffset at, DateTimeOffset grantCountedAt, int gpus) =>
        new(QuotaFactKind.GrantEnded, at, grantCountedAt) { Gpus = gpus };

    /// <summary>A request no longer waits: it was approved, denied, withdrawn or expired.</summary>
    public static QuotaFact RequestClosed(DateTimeOffset at, DateTimeOffset requestedAt) =>
        new(QuotaFactKind.RequestClosed, at, requestedAt);
}

namespace GpuGrants.Quotas.Deciding;

/// <summary>What one rule said to a request. Amounts are in the measure's unit.</summary>
public readonly record struct QuotaEvaluation
{
    /// <summary>The rule that spoke.</summary>
    public required CompiledRule Rule { get; init; }

    /// <summary>Whose limit it is.</summary>
    public required SubjectId Subject { get; init; }

    /// <summary>With overrides and what earlier windows left; of a sharing, what the programme may use in all as things stand.</summary>
    public required long Limit { get; init; }

    /// <summary>Counted for good in the window.</summary>
    public required long Used { get; init; }

    /// <summary>Kept in the window for requests under review, and under a limit on use for grants that may still use it.</summary>
    public required long Held { get; init; }

    /// <summary>The part of <see cref="Limit"/> that earlier windows left.</summary>
    public required long Carried { get; init; }

    /// <summary>
    /// What the request would add; 0 when nothing was asked. Under a limit on use it is what the request could use in the window.
    /// </summary>
    public required long Requested { get; init; }

    /// <summary>What may still be asked for, never negative.</summary>
    public required long Remaining { get; init; }

    /// <summary>Null when the window has no beginning, or has not begun.</summary>
    public DateTimeOffset? WindowStart => Moment(WindowStartMs);

    /// <summary>Null when time alone changes nothing.</summary>
    public DateTimeOffset? ResetsAt => Moment(ResetsAtMs);

    /// <summary>Whether the limit does not allow the request, enforced or not.</summary>
    public bool IsBreached => Requested > Remaining;

    /// <summary>
    /// The most that one request could ever get under the present limits: when everything that can end or return has done so.
    /// </summary>
    public long Attainable =>
        SharedAttainable >= 0
            ? SharedAttainable
            : (Rule.Rule.Window.IsEndless && !GivesBack ? Math.Max(0, Limit - Used) : Limit - Carried + MostCarried);

    /// <summary>Whether the same request may pass later by time or releases alone; false means never under this limit.</summary>
    public bool IsRetryable => Requested <= Attainable;

    /// <summary>Of a sharing: what the programme could use if nobody else used anything; negative of other rules.</summary>
    internal long SharedAttainable { get; init; }

    /// <summary>Whether no amount of time breaches the limit: see <see cref="TightestWindow"/>.</summary>
    internal bool IsCapped { get; init; }

    /// <summary>As <see cref="CounterReading.WindowStartMs"/>.</summary>
    internal long WindowStartMs { get; init; }

    /// <summary>As <see cref="CounterReading.ResetsAtMs"/>.</summary>
    internal long ResetsAtMs { get; init; }

    /// <summary>Whether what was used in the window may come back to it.</summary>
    internal bool GivesBack => Rule.Rule.Measure.GivesBack(Rule.Rule.Refund);

    private long MostCarried =>
        Rule.Rule.Window.Carries is { } carry
            ? (long)Int128.Min(carry.Max, Int128.Max(carry.Min, MostClosed) + ((Int128)(CarryOver.MaxWindows - 1) * MostClosed))
            : 0;

    /// <summary>The highest limit by which a window closed or will close.</summary>
    private long MostClosed => Math.Max(Limit - Carried, Rule.HighestClosed(Subject, WindowStartMs));

    private static DateTimeOffset? Moment(long ms) => ms == CounterReading.Never ? null : DateTimeOffset.FromUnixTimeMilliseconds(ms);

    /// <summary>What a breach of the rule leads to.</summary>
    public BreachOutcome Outcome => Rule.Outcome;

    /// <summary>What the rule alone leads to.</summary>
    public QuotaVerdict Verdict =>
        !IsBreached
            ? QuotaVerdict.Approve
            : Outcome switch
            {
                BreachOutcome.Deny => QuotaVerdict.Deny,
                BreachOutcome.Review => QuotaVerdict.Review,
                _ => QuotaVerdict.Approve,
            };
}

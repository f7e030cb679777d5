using System.Runtime.InteropServices;
using GpuGrants.Units;

namespace GpuGrants.Quotas.Deciding;

/// <summary>What all matching rules together say to a request, with every reason.</summary>
public sealed class QuotaDecision
{
    private static readonly IReadOnlyList<PublishedPolicy> NoPolicies = [];

    private QuotaDecision(QuotaEvaluation[] evaluations) => Evaluations = evaluations;

    /// <summary>The fold of all evaluations: deny wins over review, and review over approval.</summary>
    public QuotaVerdict Verdict { get; private set; }

    /// <summary>One for each matching rule in force and subject, breached or not, shadow rules with them.</summary>
    public IReadOnlyList<QuotaEvaluation> Evaluations { get; }

    /// <summary>Policies in scope and in force that cannot be read; while there is one, nothing is approved by rule.</summary>
    public IReadOnlyList<PublishedPolicy> Unreadable { get; private init; } = NoPolicies;

    /// <summary>Who must agree when the verdict is a review.</summary>
    public ApprovalNeed Approvals { get; private set; } = ApprovalNeed.None;

    /// <summary>
    /// The most GPU time that rules would approve now at the asked rate and number of GPUs, in whole steps of the wire format: the
    /// counter-offer.
    /// </summary>
    public GpuTime MaxGrantable { get; private set; }

    /// <summary>The most GPU time that no rule denies now, in whole steps: what a person could still approve.</summary>
    public GpuTime MaxReviewable { get; private set; }

    /// <summary>The rules that deny: no person's approval meets them.</summary>
    public IEnumerable<QuotaEvaluation> Denials => Evaluations.Where(one => one.Verdict == QuotaVerdict.Deny);

    /// <summary>Decides. Reads the counters and changes nothing: a dry run is the same call.</summary>
    public static QuotaDecision Decide(QuotaMatch match, QuotaAsk ask, IQuotaCounters counters, DateTimeOffset now)
    {
        IReadOnlyList<PublishedPolicy> unreadable =
            match.Unreadable.Count == 0 ? NoPolicies : [.. match.Unreadable.Where(policy => policy.IsInForce(now))];
        var decision = new QuotaDecision(Evaluate(match, ask, counters, now)) { Unreadable = unreadable };
        decision.Fold(ask);
        return decision;
    }

    /// <summary>
    /// Where a subject stands with every rule in force that bears on it: the same reckoning as a request's, with nothing asked. Match with
    /// <see cref="CompiledQuotas.MatchSubject"/>: conditions on GPUs, offers, regions and tags are then taken as met, since some request
    /// may meet them.
    /// </summary>
    public static IReadOnlyList<QuotaEvaluation> HeadroomOf(QuotaMatch match, IQuotaCounters counters, DateTimeOffset now) =>
        Evaluate(match, null, counters, now);

    /// <summary>
    /// The most GPU time that can be added to a grant without breaching a limit on time or credits. Nobody reviews it, so limits that ask
    /// for a review bind as well. Counts of grants and GPUs stay as they are.
    /// </summary>
    /// <param name="match">The grant's context.</param>
    /// <param name="more">What would be added, at the grant's rate, with the grant's life.</param>
    /// <param name="counters">Not changed.</param>
    /// <param name="now">The present moment.</param>
    /// <returns>At most what is asked, in GPU-seconds; nothing while a policy in scope cannot be read.</returns>
    public static GpuTime MostMore(QuotaMatch match, QuotaAsk more, IQuotaCounters counters, DateTimeOffset now)
    {
        if (match.Unreadable.Any(policy => policy.IsInForce(now)))
            return GpuTime.Zero;
        var most = more.Time.Seconds;
        foreach (var one in Evaluate(match, more, counters, now))
            if (one.Outcome != BreachOutcome.Shadow && one.Rule.Unit != QuotaUnit.Count)
                most = Math.Min(most, MostSeconds(one, more.Rate));
        return GpuTime.FromSeconds(most);
    }

    private static QuotaEvaluation[] Evaluate(QuotaMatch match, QuotaAsk? ask, IQuotaCounters counters, DateTimeOffset now)
    {
        var (ticks, nowMs) = (now.UtcTicks, now.ToUnixTimeMilliseconds());
        var matched = CollectionsMarshal.AsSpan(match.Counters);
        var count = 0;
        foreach (ref readonly var one in matched)
        {
            foreach (var rule in one.Compiled.Rules)
                count += rule.IsInForce(ticks) ? 1 : 0;
        }

        var evaluations = new QuotaEvaluation[count];
        count = 0;
        foreach (ref readonly var one in matched)
        {
            var counter = one.Signature.NeedsCounter ? counters.Find(one.Key) : null;
            foreach (var rule in one.Compiled.Rules)
            {
                if (rule.IsInForce(ticks))
                    evaluations[count++] = Evaluate(rule, one, counter, ask, counters, now, nowMs);
            }
        }

        return evaluations;
    }

    private static QuotaEvaluation Evaluate(
        CompiledRule rule,
        in MatchedCounter matched,
        QuotaCounter? counter,
        QuotaAsk? ask,
        IQuotaCounters counters,
        DateTimeOffset now,
        long nowMs
    )
    {
        var limit = rule.LimitFor(matched.Subject, now);
        var reading = counter is null
            ? QuotaCounter.ReadEmpty(rule.Signature, nowMs, rule.ClosingLimitsOf(matched.Subject))
            : counter.Read(rule.Signature, nowMs, rule.ClosingLimitsOf(matched.Subject));
        var requested = ask is { } asked ? rule.Rule.Measure.Requested(asked) : 0;
        var isCapped = false;
        if (rule.Rule.Measure.CountsOutstanding && rule.Sharing is null && ask is { Life: not null } dated)
            (reading, requested, isCapped) = TightestWindow.Find(rule.Signature, counter, reading, dated, limit);
        var taken = reading.Used + reading.Held;
        var (remaining, attainable) = rule.Sharing is null ? (reading.Left(limit), -1) : Shared(rule, matched, requested, counters, now);
        return new QuotaEvaluation
        {
            Rule = rule,
            Subject = matched.Subject,
            Limit = rule.Sharing is null ? limit + reading.Carried : taken + remaining,
            Used = reading.Used,
            Held = reading.Held,
            Carried = reading.Carried,
            Requested = requested,
            Remaining = remaining,
            SharedAttainable = attainable,
            IsCapped = isCapped,
            WindowStartMs = reading.WindowStartMs,
            ResetsAtMs = reading.ResetsAtMs,
        };
    }

    /// <summary>What a rule with a sharing leaves the programme now, in the measure's unit.</summary>
    internal static long RemainingShare(CompiledRule rule, in MatchedCounter matched, IQuotaCounters counters, DateTimeOffset now) =>
        Shared(rule, matched, 0, counters, now).Remaining;

    private static (long Remaining, long Attainable) Shared(
        CompiledRule rule,
        in MatchedCounter matched,
        long requested,
        IQuotaCounters counters,
        DateTimeOffset now
    )
    {
        var sharing = rule.SharingAt(now)!;
        var programmes = sharing.Programmes;
        var own = new long[programmes.Count];
        var lasting = new long[programmes.Count];
        var lasts = rule.Rule.Window.IsEndless && !rule.Rule.Measure.GivesBack(rule.Rule.Refund);
        for (var i = 0; i < own.Length; i++)
        {
            var reading =
                counters.Find(matched.Key with { Subject = SubjectId.Of(programmes[i]) })?.Read(rule.Signature, now) ?? CounterReading.None;
            own[i] = reading.Used + reading.Held;
            lasting[i] = lasts ? reading.Used : 0;
        }

        var programme = matched.Subject.Id;
        var remaining = sharing.Available(programme, own);
        return (remaining, requested > remaining ? sharing.Available(programme, lasting) : remaining);
    }

    private void Fold(in QuotaAsk ask)
    {
        if (Unreadable.Count > 0)
        {
            Verdict = QuotaVerdict.Review;
            Approvals = ApprovalNeed.One;
        }

        var most = Unreadable.Count > 0 ? 0 : GpuTime.MaxSeconds;
        var undenied = GpuTime.MaxSeconds;
        foreach (ref readonly var one in ((QuotaEvaluation[])Evaluations).AsSpan())
        {
            if (one.Outcome == BreachOutcome.Shadow)
                continue;
            var seconds = MostSeconds(one, ask.Rate);
            most = Math.Min(most, seconds);
            if (one.Outcome == BreachOutcome.Deny)
                undenied = Math.Min(undenied, seconds);
            if (!one.IsBreached)
                continue;
            if (one.Verdict > Verdict)
                Verdict = one.Verdict;
            if (one.Outcome == BreachOutcome.Review)
                Approvals = Approvals.And(one.Rule.Rule.Approvals);
        }

        MaxGrantable = GpuTime.FromSeconds(most).FloorToStep();
        MaxReviewable = GpuTime.FromSeconds(undenied).FloorToStep();
    }

    /// <summary>The most GPU-seconds that one rule leaves. Counts do not depend on the time asked for: they allow all or nothing.</summary>
    private static long MostSeconds(in QuotaEvaluation one, Rate rate) =>
        one.Rule.Unit switch
        {
            QuotaUnit.GpuHours => one.IsCapped ? GpuTime.MaxSeconds : one.Remaining,
            QuotaUnit.Credits => rate.AffordableWith(Credits.FromUnits(one.Remaining)).Seconds,
            _ => one.IsBreached ? 0 : GpuTime.MaxSeconds,
        };
}

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

/// <summary>The fold of all matching rules. The order is the fold's: the greatest wins.</summary>
public enum QuotaVerdict
{
    /// <summary>Granted at once.</summary>
    Approve,

    /// <summary>A person decides.</summary>
    Review,

    /// <summary>Refused.</summary>
    Deny,
}

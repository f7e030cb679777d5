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

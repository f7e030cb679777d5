using CsCheck;
using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

internal enum StepKind
{
    Ask,
    Approve,
    ApproveInPart,
    Refuse,
    Return,
    End,
    Use,
}

/// <summary>One thing that happens in a random history.</summary>
internal sealed record Step(StepKind Kind, TimeSpan Wait, QuotaContext Context, GpuTime Time, Rate Rate, int Pick)
{
    public static Gen<Step[]> Many { get; } =
        (
            from kind in Gen.Frequency((6, Gen.Const(StepKind.Ask)), (5, Gen.Enum<StepKind>()))
            from hours in Gen.Frequency((4, Gen.OneOfConst(0, 1, 5)), (1, Gen.OneOfConst(24, 100, 24 * 12)))
            from ms in Gen.Frequency((1, Gen.Const(0)), (3, Gen.Int[0, 3_600_000]))
            from context in World.Contexts
            from steps in Gen.Int[1, 1_000]
            from rate in Gen.OneOfConst(0, 500, 1_000, 2_750)
            from pick in Gen.Int[0, 100]
            select new Step(
                kind,
                TimeSpan.FromHours(hours) + TimeSpan.FromMilliseconds(ms),
                context,
                GpuTime.FromSeconds(steps * GpuTime.StepSeconds),
                Rate.FromMillicredits(rate),
                pick
            )
        ).Array[5, 60];
}

/// <summary>Lives through a random history as the service does: it decides, holds, approves, returns and counts.</summary>
internal sealed class QuotaRun(IReadOnlyList<PublishedPolicy> policies, IReadOnlyList<QuotaOverride> overrides)
{
    private sealed record Kept(Guid RequestId, QuotaContext Context, DateTimeOffset CountsAt, GpuTime Time, Rate Rate);

    private readonly List<Kept> _holds = [];
    private readonly List<Kept> _grants = [];

    public List<PublishedPolicy> Policies { get; } = [.. policies];

    public CompiledQuotas Compiled { get; private set; } = CompiledQuotas.Compile(policies, overrides);

    public CountersInMemory Counters { get; private set; } = new();

    public List<(QuotaContext Context, QuotaFact Fact)> History { get; } = [];

    /// <summary>The same history as a simulation takes it.</summary>
    public List<PastFact> Past { get; } = [];

    public DateTimeOffset Now { get; private set; } = World.Start;

    public NaiveQuotas Model => new(Policies, overrides, History);

    /// <summary>Takes the step. <paramref name="check"/> sees every request before anything of it is counted.</summary>
    public void Take(Step step, Action<QuotaMatch, QuotaAsk>? check = null)
    {
        Now += step.Wait;
        switch (step.Kind)
        {
            case StepKind.Ask:
                Ask(step, check);
                break;
            case StepKind.Approve or StepKind.ApproveInPart or StepKind.Refuse when _holds.Count > 0:
                Decide(step);
                break;
            case StepKind.Return or StepKind.End or StepKind.Use when _grants.Count > 0:
                Continue(step);
                break;
        }
    }

    /// <summary>Publishes one more policy: what it counts and was not counted so far is folded from the history.</summary>
    public void Publish(PolicyDocument document)
    {
        var known = Compiled.Signatures.Select(one => one.Id).ToHashSet();
        Policies.Add(World.Publish(document, Policies.Count + 1) with { EffectiveFrom = Now });
        Compiled = CompiledQuotas.Compile(Policies, overrides);
        foreach (var (context, fact) in History)
        {
            foreach (var (key, signature) in Compiled.Match(context).Counted.Where(one => !known.Contains(one.Signature.Id)))
            {
                Counters.GetOrAdd(key).Apply(signature, fact);
            }
        }
    }

    /// <summary>Refuses every hold, ends every grant, returns what is left of it, and lets years go by.</summary>
    public void Settle()
    {
        var step = new Step(StepKind.Refuse, TimeSpan.Zero, History[0].Context, GpuTime.Zero, default, 0);
        while (_holds.Count > 0)
            Take(step);
        while (_grants.Count > 0)
            Take(step with { Kind = StepKind.End });
        Now = Now.AddYears(11);
    }

    /// <summary>Stores all counters and reads them back.</summary>
    public void Restart()
    {
        var counters = new CountersInMemory();
        foreach (var subject in Counters.All.GroupBy(one => (one.Key.Tree, one.Key.Subject)))
        {
            var packed = new SubjectCounters();
            foreach (var (key, counter) in subject)
                packed.Set(key.SignatureId, counter);
            foreach (var (signature, counter) in PackedCounters.Read(PackedCounters.Write(packed)).All)
                counters.Set(new CounterKey(subject.Key.Tree, signature, subject.Key.Subject), counter);
        }

        Counters = counters;
    }

    private void Ask(Step step, Action<QuotaMatch, QuotaAsk>? check)
    {
        var context = step.Context with { RequestedAt = Now };
        var ask = new QuotaAsk(step.Time, step.Rate, context.Gpus);
        var match = Compiled.Match(context);
        check?.Invoke(match, ask);
        var verdict = QuotaDecision.Decide(match, ask, Counters, Now).Verdict;
        var id = new Guid(Past.Count, 0, 0, new byte[8]);
        var kept = new Kept(id, context, Now, step.Time, step.Rate);
        Happens(id, context, QuotaFact.Requested(Now), ask, verdict);
        if (verdict == QuotaVerdict.Review)
        {
            _holds.Add(kept);
            Happens(id, context, QuotaFact.Held(Now, ask.Time, ask.Credits, ask.Gpus));
            return;
        }

        Happens(id, context, QuotaFact.RequestClosed(Now, Now));
        if (verdict == QuotaVerdict.Deny)
            return;
        _grants.Add(kept);
        Happens(id, context, QuotaFact.Granted(Now, Now, ask.Time, ask.Credits, ask.Gpus));
    }

    private void Decide(Step step)
    {
        var hold = _holds[step.Pick % _holds.Count];
        _holds.Remove(hold);
        Happens(
            hold.RequestId,
            hold.Context,
            QuotaFact.HoldReleased(Now, hold.CountsAt, hold.Time, hold.Rate.CostOf(hold.Time), hold.Context.Gpus, isWhole: true)
        );
        Happens(hold.RequestId, hold.Context, QuotaFact.RequestClosed(Now, hold.CountsAt));
        if (step.Kind == StepKind.Refuse)
            return;
        var time = step.Kind == StepKind.Approve ? hold.Time : GpuTime.FromSeconds(Math.Max(1, hold.Time.Seconds / 2));
        _grants.Add(hold with { Time = time });
        Happens(hold.RequestId, hold.Context, QuotaFact.Granted(Now, hold.CountsAt, time, hold.Rate.CostOf(time), hold.Context.Gpus));
    }

    private void Continue(Step step)
    {
        var at = step.Pick % _grants.Count;
        var grant = _grants[at];
        var time = GpuTime.FromSeconds(step.Kind == StepKind.End ? grant.Time.Seconds : Math.Min(grant.Time.Seconds, step.Time.Seconds));
        if (step.Kind == StepKind.Use)
        {
            var usedAt = grant.CountsAt + ((Now - grant.CountsAt) * (step.Pick / 100.0));
            Happens(grant.RequestId, grant.Context, QuotaFact.Used(Now, usedAt, time));
        }
        else
        {
            Happens(grant.RequestId, grant.Context, QuotaFact.Returned(Now, grant.CountsAt, time, grant.Rate.CostOf(time)));
        }

        _grants[at] = grant with { Time = grant.Time - time };
        if (step.Kind != StepKind.End)
            return;
        _grants.RemoveAt(at);
        Happens(grant.RequestId, grant.Context, QuotaFact.GrantEnded(Now, grant.CountsAt, grant.Context.Gpus));
    }

    private void Happens(Guid requestId, QuotaContext context, QuotaFact fact, QuotaAsk? ask = null, QuotaVerdict? verdict = null)
    {
        Past.Add(new PastFact(requestId, context, fact, ask, verdict));
        History.Add((context, fact));
        Compiled.Match(context).Apply(fact, Counters);
    }
}

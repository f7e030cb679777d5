using GpuGrants.Trees;

namespace GpuGrants.Quotas.Counting;

/// <summary>The rules that bear on one context, with the counters they read and that count what happens in it.</summary>
public sealed class QuotaMatch
{
    internal QuotaMatch(QuotaContext context, List<MatchedCounter> counters, IReadOnlyList<PublishedPolicy> unreadable)
    {
        Context = context;
        Counters = counters;
        Unreadable = unreadable;
    }

    /// <summary>The context that was matched.</summary>
    public QuotaContext Context { get; }

    internal List<MatchedCounter> Counters { get; }

    /// <summary>Policies in scope that cannot be read.</summary>
    public IReadOnlyList<PublishedPolicy> Unreadable { get; }

    /// <summary>Every counter that a decision reads, each once.</summary>
    public IEnumerable<CounterKey> Keys
    {
        get
        {
            foreach (var one in Counters)
            {
                if (!one.Signature.NeedsCounter)
                    continue;
                if (one.Signature.ShareProgrammes.Count == 0)
                    yield return one.Key;
                foreach (var programme in one.Signature.ShareProgrammes)
                    yield return new CounterKey(one.Tree, one.Signature.Id, SubjectId.Of(programme));
            }
        }
    }

    /// <summary>What counts in this context and does not in another: what a grant meets anew when it goes from there to here.</summary>
    public QuotaMatch Beyond(QuotaMatch other)
    {
        var known = other.Counters.Select(one => one.Key).ToHashSet();
        return new QuotaMatch(Context, [.. Counters.Where(one => !known.Contains(one.Key))], Unreadable);
    }

    /// <summary>The keys that <see cref="Apply"/> changes, with their signatures.</summary>
    public IEnumerable<(CounterKey Key, RuleSignature Signature)> Counted =>
        Counters.Where(one => one.Signature.NeedsCounter).Select(one => (one.Key, one.Signature));

    /// <summary>
    /// Counts a fact of this context everywhere it counts. <paramref name="changed"/> hears of each counter that changed.
    /// </summary>
    public void Apply(QuotaFact fact, IQuotaCounters counters, Action<CounterKey>? changed = null)
    {
        foreach (var one in Counters)
        {
            if (!one.Signature.Counts(fact))
                continue;
            if (counters.GetOrAdd(one.Key).Apply(one.Signature, fact))
                changed?.Invoke(one.Key);
        }
    }
}

/// <summary>
/// A signature that covers a context, for one of its subjects, whose counter is locked with a tree. Where the signature needs no counter,
/// there is none, and nothing is locked.
/// </summary>
internal readonly record struct MatchedCounter(CompiledSignature Compiled, SubjectId Subject, TreeId Tree)
{
    public RuleSignature Signature => Compiled.Signature;

    public CounterKey Key => new(Tree, Signature.Id, Subject);
}

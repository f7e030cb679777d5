using System.Collections.Frozen;
using System.Runtime.InteropServices;
using GpuGrants.Trees;

namespace GpuGrants.Quotas.Counting;

/// <summary>The published policies that it was given, ready to decide with. Immutable, and safe to use from many threads.</summary>
public sealed class CompiledQuotas
{
    private const long DayMs = 24 * 60 * 60_000;

    private readonly CompiledSignature[] _signatures;
    private readonly SignatureIndex _index;
    private readonly FrozenSet<Guid> _countedIds;

    private CompiledQuotas(IReadOnlyList<PublishedPolicy> policies, CompiledSignature[] signatures)
    {
        _signatures = signatures;
        _index = new SignatureIndex(signatures);
        Unreadable = [.. policies.Where(policy => policy.Document is null)];
        Signatures = [.. signatures.Select(one => one.Signature).Where(one => one.NeedsCounter)];
        _countedIds = Signatures.Select(one => one.Id).ToFrozenSet();
        Rules = [.. signatures.SelectMany(one => one.Rules)];
        UseCellMs = Signatures.Where(one => one.Measure.CountsOutstanding).Select(one => one.Window.CellMs).Aggregate((long?)DayMs, Cell);
    }

    /// <summary>No policies: everything is approved.</summary>
    public static CompiledQuotas None { get; } = Compile([], []);

    /// <summary>Every rule of the versions that it was given, in or out of force.</summary>
    public IReadOnlyList<CompiledRule> Rules { get; }

    /// <summary>All that needs counters, each once. One that was not counted so far needs the history folded first.</summary>
    public IReadOnlyList<RuleSignature> Signatures { get; }

    /// <summary>Uses within one cell of this length count in the same bucket of every counter of use.</summary>
    /// <returns>Milliseconds since 1970 UTC divide by it; null when a rule counts each use as one, at its end.</returns>
    public long? UseCellMs { get; }

    /// <summary>Whether a counter is kept for the signature.</summary>
    public bool CountsBy(Guid signatureId) => _countedIds.Contains(signatureId);

    /// <summary>Policies whose stored document cannot be read: an alarm for operators while there is one.</summary>
    public IReadOnlyList<PublishedPolicy> Unreadable { get; }

    /// <summary>
    /// Compiles published versions. A tree's configuration gives those that are or will be in force, so that counters of future rules are
    /// kept from now on. A replay gives those that a decision pinned.
    /// </summary>
    /// <param name="policies">The versions.</param>
    /// <param name="overrides">Overrides of their rules, also those that were in force when past windows closed.</param>
    /// <param name="over">Versions that are over. They neither count nor decide: what carries over is reckoned by them.</param>
    public static CompiledQuotas Compile(
        IReadOnlyList<PublishedPolicy> policies,
        IReadOnlyList<QuotaOverride> overrides,
        IReadOnlyList<PublishedPolicy>? over = null
    )
    {
        var byRule = overrides
            .GroupBy(one => (one.PolicyId, one.RuleId))
            .ToDictionary(
                group => group.Key,
                group => group.GroupBy(one => SubjectId.Parse(one.SubjectId)).ToDictionary(one => one.Key, one => one.ToArray())
            );
        IEnumerable<CompiledRule> RulesOf(IEnumerable<PublishedPolicy> versions) =>
            versions
                .Where(policy => policy.Document is not null)
                .SelectMany(policy =>
                    policy.Document!.Rules.Select(rule => new CompiledRule(
                        policy,
                        rule,
                        new RuleSignature(
                            rule,
                            policy.ScopeProgrammeId,
                            policy.Document.TimeZone ?? policy.TimeZone,
                            policy.ScopeOrganizationId
                        ),
                        byRule.GetValueOrDefault((policy.PolicyId, rule.Id))
                    ))
                );
        // The order must not depend on which other policies there are: a decision that runs again with the pinned ones lists the same
        // reasons alike.
        var signatures = RulesOf(policies.OrderBy(policy => policy.PolicyId).ThenBy(policy => policy.Version))
            .GroupBy(rule => rule.Signature.Id)
            .OrderBy(group => group.Key)
            .Select((group, i) => new CompiledSignature(group.First().Signature, [.. group], i))
            .ToArray();
        var compiled = new CompiledQuotas(policies, signatures);
        LinkVersions(compiled.Rules, over is null ? [] : RulesOf(over));
        return compiled;
    }

    /// <summary>Since when what happened may still carry over; null when no rule carries anything.</summary>
    public DateTimeOffset? CarriesFrom(DateTimeOffset now)
    {
        var oldest = Rules
            .Where(rule => rule.Rule.Window.Carries is not null)
            .Min(rule => rule.Signature.Clock.CarriesFrom(now.ToUnixTimeMilliseconds()));
        return oldest is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
    }

    /// <summary>The longest cell that lies in one cell of each.</summary>
    private static long? Cell(long? one, long? other)
    {
        if (one is not { } rest || other is not { } cell)
            return null;
        while (rest != 0)
            (cell, rest) = (rest, cell % rest);
        return cell;
    }

    private static void LinkVersions(IReadOnlyList<CompiledRule> rules, IEnumerable<CompiledRule> over)
    {
        var carrying = rules.Where(rule => rule.Rule.Window.Carries is not null).ToList();
        if (carrying.Count == 0)
            return;
        foreach (
            var versions in carrying
                .Concat(over)
                .GroupBy(rule => (rule.Policy.PolicyId, rule.Rule.Id, rule.Signature.Id))
                .Select(group => group.ToArray())
        )
        {
            foreach (var version in versions)
                version.Versions = versions;
        }
    }

    /// <summary>What counts and limits a request with this context, whether it is in force or not.</summary>
    public QuotaMatch Match(QuotaContext context)
    {
        var candidates = new List<CompiledSignature>(16);
        _index.AddCandidates(context, candidates);
        SortByOrder(CollectionsMarshal.AsSpan(candidates));
        return Build(context, CollectionsMarshal.AsSpan(candidates), subjectOnly: false);
    }

    /// <summary>
    /// What counts and limits an organization, as far as it can be told without a request: conditions on GPUs, offers and tags are taken as
    /// met.
    /// </summary>
    public QuotaMatch MatchSubject(QuotaContext context) => Build(context, _signatures, subjectOnly: true);

    private QuotaMatch Build(QuotaContext context, ReadOnlySpan<CompiledSignature> candidates, bool subjectOnly)
    {
        var counters = new List<MatchedCounter>(candidates.Length);
        for (var i = 0; i < candidates.Length; i++)
        {
            var signature = candidates[i].Signature;
            if (SeenBefore(candidates, i) || !(subjectOnly ? signature.CoversSubject(context) : signature.Covers(context)))
                continue;
            AddCounters(context, candidates[i], counters);
        }

        var unreadable = Unreadable.Count == 0 ? Unreadable : [.. Unreadable.Where(policy => policy.Concerns(context))];
        return new QuotaMatch(context, counters, unreadable);
    }

    /// <summary>
    /// As <see cref="RuleSignature.AddSubjects"/> and <see cref="CounterKey.Of"/>, without a list for the one subject that most have.
    /// </summary>
    private static void AddCounters(QuotaContext context, CompiledSignature compiled, List<MatchedCounter> counters)
    {
        if (compiled.Signature.MayHaveSeveral)
        {
            var subjects = new List<SubjectId>(context.ProgrammePath.Count);
            compiled.Signature.AddSubjects(context, subjects);
            foreach (var subject in subjects)
                counters.Add(new MatchedCounter(compiled, subject, compiled.Signature.TreeOf(context, subject)));
        }
        else if (compiled.Signature.TryOneSubject(context, out var subject))
        {
            counters.Add(new MatchedCounter(compiled, subject, compiled.Signature.TreeOf(context, subject)));
        }
    }

    /// <summary>A signature with several tags, kinds or ids can be filed, and so found, more than once.</summary>
    private static bool SeenBefore(ReadOnlySpan<CompiledSignature> sorted, int at) => at > 0 && ReferenceEquals(sorted[at - 1], sorted[at]);

    /// <summary>By insertion: a context has few candidates, and most come in order.</summary>
    private static void SortByOrder(Span<CompiledSignature> candidates)
    {
        for (var i = 1; i < candidates.Length; i++)
        {
            var one = candidates[i];
            var at = i;
            for (; at > 0 && candidates[at - 1].Order > one.Order; at--)
                candidates[at] = candidates[at - 1];
            candidates[at] = one;
        }
    }
}

/// <summary>A rule ready to decide with.</summary>
public sealed class CompiledRule
{
    private readonly long _limit;
    private readonly long _fromTicks;
    private readonly long _untilTicks;

    internal CompiledRule(
        PublishedPolicy policy,
        QuotaRule rule,
        RuleSignature signature,
        Dictionary<SubjectId, QuotaOverride[]>? overrides
    )
    {
        Policy = policy;
        Rule = rule;
        Signature = signature;
        Overrides = overrides;
        Sharing = rule.Sharing is null ? null : new ShareTree(rule.Sharing);
        Unit = rule.Measure.Unit;
        Outcome = policy.Document!.OutcomeOf(rule);
        _limit = rule.Limit ?? 0;
        _fromTicks = policy.EffectiveFrom.UtcTicks;
        _untilTicks = policy.EffectiveUntil?.UtcTicks ?? long.MaxValue;
    }

    /// <summary>The version that the rule belongs to.</summary>
    public PublishedPolicy Policy { get; }

    /// <summary>The rule as it was published.</summary>
    public QuotaRule Rule { get; }

    /// <summary>What it counts.</summary>
    public RuleSignature Signature { get; }

    internal Dictionary<SubjectId, QuotaOverride[]>? Overrides { get; }

    internal ShareTree? Sharing { get; }

    /// <summary>The sharing with what overrides in force make of its nodes.</summary>
    internal ShareTree? SharingAt(DateTimeOffset at) =>
        Sharing is null || Overrides is null || !Overrides.Values.Any(some => some.Any(one => one.IsInForce(at)))
            ? Sharing
            : new ShareTree(Rule.Sharing!, node => Overridden(node, at));

    internal QuotaUnit Unit { get; }

    /// <summary>What a breach leads to: of a policy that is only counted and reported, nothing.</summary>
    public BreachOutcome Outcome { get; }

    /// <summary>Whether the policy is in force then: <see cref="PublishedPolicy.IsInForce"/>, compiled.</summary>
    internal bool IsInForce(long utcTicks) => _fromTicks <= utcTicks && utcTicks < _untilTicks;

    /// <summary>The limit for the subject at the moment, with what overrides make of it.</summary>
    public long LimitFor(SubjectId subject, DateTimeOffset at) =>
        Overrides is not null && Overrides.TryGetValue(subject, out var overrides) ? LimitRules.Apply(_limit, overrides, at) : _limit;

    private long Overridden(ShareNode node, DateTimeOffset at) =>
        Overrides!.TryGetValue(SubjectId.Of(node.ProgrammeId), out var overrides)
            ? Math.Min(LimitRules.Apply(node.Nominal, overrides, at), SharingValidator.MaxNominal)
            : node.Nominal;

    /// <summary>
    /// The versions of this rule that count the same, itself included, also those that are over. Empty when its window carries nothing
    /// over.
    /// </summary>
    internal IReadOnlyList<CompiledRule> Versions { get; set; } = [];

    /// <summary>
    /// By what the subject's past windows carry over: the version and the overrides in force when each closed. So a limit that was changed
    /// later changes nothing of them.
    /// </summary>
    /// <returns>Null when the rule carries nothing over.</returns>
    internal ClosingLimits? ClosingLimitsOf(SubjectId subject) => Versions.Count == 0 ? null : ms => ClosingLimit(subject, ms);

    /// <summary>The highest limit by which a window carries over that closed before the instant; 0 when none did.</summary>
    internal long HighestClosed(SubjectId subject, long windowStartMs) =>
        Signature.Clock is CycleClock clock && Versions.Count > 0
            ? clock.ClosedBefore(windowStartMs).Max(window => ClosingLimit(subject, window.EndMs - 1)?.Limit ?? 0)
            : 0;

    private ClosingLimit? ClosingLimit(SubjectId subject, long ms)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(ms);
        for (var i = 0; i < Versions.Count; i++)
        {
            var version = Versions[i];
            if (version.IsInForce(at.UtcTicks))
                return new ClosingLimit(version.LimitFor(subject, at), version.Rule.Window.Carries!);
        }

        return null;
    }

    /// <summary>The versions that are or were in force, by which what carries over is reckoned.</summary>
    internal IEnumerable<PublishedPolicy> VersionsUntil(DateTimeOffset now) =>
        Versions.Select(version => version.Policy).Where(policy => policy.EffectiveFrom <= now);

    /// <summary>The overrides of the subject on which an answer at the moment depends.</summary>
    internal IEnumerable<QuotaOverride> OverridesFor(SubjectId subject, DateTimeOffset now)
    {
        if (Overrides is null)
            return [];
        // The share of one programme depends on what all others have.
        var overrides = Sharing is null ? Overrides.GetValueOrDefault(subject) ?? [] : Overrides.Values.SelectMany(some => some);
        return Signature.Clock.CarriesFrom(now.ToUnixTimeMilliseconds()) is { } fromMs
            ? overrides.Where(one => one.StartsAt <= now && !(one.Until <= DateTimeOffset.FromUnixTimeMilliseconds(fromMs)))
            : overrides.Where(one => one.IsInForce(now));
    }
}

/// <summary>A signature with the rules that read its counters.</summary>
internal sealed class CompiledSignature(RuleSignature signature, CompiledRule[] rules, int order)
{
    /// <summary>Its place among all signatures: by it, every decision lists its reasons in the same order.</summary>
    public int Order { get; } = order;

    public RuleSignature Signature { get; } = signature;

    public CompiledRule[] Rules { get; } = rules;
}

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

/// <summary>A signature that covers a context, for one of its subjects, whose counter is locked with a tree.</summary>
internal readonly record struct MatchedCounter(CompiledSignature Compiled, SubjectId Subject, TreeId Tree)
{
    public RuleSignature Signature => Compiled.Signature;

    public CounterKey Key => new(Tree, Signature.Id, Subject);
}

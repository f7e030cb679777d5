using System.Collections.Frozen;
using System.Runtime.InteropServices;

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
        CountsTreesInOrder = Signatures.Any(one => one.CountsTreesInOrder);
        MeetsOnPlatform = Signatures.Any(one => one.MeetsOnPlatform);
        Rules = [.. signatures.SelectMany(one => one.Rules)];
        UseCellMs = Signatures.Where(one => one.Measure.CountsOutstanding).Select(one => one.Window.CellMs).Aggregate((long?)DayMs, Cell);
    }

    /// <summary>No policies: everything is approved.</summary>
    public static CompiledQuotas None { get; } = Compile([], []);

    /// <summary>Every rule of the versions that it was given, in or out of force.</summary>
    public IReadOnlyList<CompiledRule> Rules { get; }

    /// <summary>All that needs counters, each once. One that was not counted so far needs the history folded first.</summary>
    public IReadOnlyList<RuleSignature> Signatures { get; }

    /// <summary>
    /// The length of a cell, in milliseconds; cells follow each other from 1970 UTC on. All use within one cell lands in the same bucket of
    /// every counter of use, so a use need not be cut finer. Null when a rule counts each use whole, at its end.
    /// </summary>
    public long? UseCellMs { get; }

    /// <summary>Whether a counter may have facts of several trees whose order matters.</summary>
    public bool CountsTreesInOrder { get; }

    /// <summary>Whether a rule counts in the platform's tree.</summary>
    public bool MeetsOnPlatform { get; }

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
    /// As <see cref="RuleSignature.AddSubjects"/> and <see cref="CounterKey.Of"/>, without a list for the one subject that most have. A
    /// test compares both on random rules.
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

    /// <summary>A signature can be filed under several tags or ids of one context, and so found more than once.</summary>
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

using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Grants;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>
/// For whom the time of a grant counts that was handed on. What was used until then counts for whoever had it, however late it is reported
/// or corrected. All that is neither used nor returned counts for whoever has the grant now.
/// </summary>
internal static class Handovers
{
    /// <summary>The most of one grant.</summary>
    public const int Max = 100;

    /// <summary>Wants what <see cref="Record"/> and <see cref="Cut"/> need. Most grants were never handed on, and read nothing.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (grant.Handovers is null)
            return;
        batch.Table<TopUps>().Want(grant);
        PinnedContext.Plan(batch, tree, grant.PinnedBy);
        for (var number = 1; number <= grant.Handovers; number++)
            if (batch.Rows<GrantHandover>().TryRead(KeyOf(grant, number), out var row))
                PinnedContext.Plan(batch, tree, row!.PinnedBy);
    }

    /// <summary>Notes that the grant counts in another context from now on.</summary>
    public static void Add(BatchState batch, TreeChanges tree, Grant grant)
    {
        grant.Handovers = (grant.Handovers ?? 0) + 1;
        batch
            .Rows<GrantHandover>()
            .Insert(
                new GrantHandover
                {
                    RootProgrammeId = grant.RootProgrammeId,
                    GrantId = grant.Id,
                    Number = grant.Handovers.Value,
                    HandedAt = tree.At,
                    PinnedBy = grant.PinnedBy,
                }
            );
    }

    /// <summary>The same time in pieces, none of which has more than one holder.</summary>
    public static IReadOnlyList<UsageSpan> Cut(BatchState batch, Grant grant, IReadOnlyList<UsageSpan> spans) =>
        grant.Handovers is null ? spans : [.. spans.SelectMany(span => span.CutAt(Of(batch, grant).Select(one => one.HandedAt)))];

    /// <summary>Pieces of time, those of each holder together.</summary>
    public static IEnumerable<IEnumerable<(UsageSpan Span, GpuTime Time)>> ByHolder(
        BatchState batch,
        Grant grant,
        IEnumerable<(UsageSpan Span, GpuTime Time)> parts
    ) => grant.Handovers is null ? [parts] : parts.GroupBy(part => ContextAt(batch, grant, part.Span.EndedAt));

    /// <summary>
    /// What a correction takes back from others and leaves to whoever has the grant now, as far as a limit that did not count it has no
    /// room for it.
    /// </summary>
    /// <param name="batch">Has read the counters that a verdict in the grant's context reads.</param>
    /// <param name="tree">The grant's tree.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="facts">The correction's.</param>
    public static GpuTime WithoutRoom(BatchState batch, TreeChanges tree, Grant grant, IReadOnlyList<QuotaFact> facts)
    {
        if (grant.Handovers is null)
            return GpuTime.Zero;
        var missing = 0L;
        var now = PinnedContext.RulesOf(batch, tree, grant.PinnedBy);
        foreach (var those in facts.GroupBy(fact => ContextAt(batch, grant, fact.CountsAt)).Where(those => those.Key != grant.PinnedBy))
        {
            var back = those.Sum(fact => fact.Kind == QuotaFactKind.Unused ? fact.Time.Seconds : -fact.Time.Seconds);
            if (back <= 0)
                continue;
            var more = new QuotaAsk(
                GpuTime.FromSeconds(back),
                Rate.FromMillicredits(grant.MillicreditsPerGpuHour),
                grant.Gpus,
                IsCountedAlready: true,
                grant.Life()
            );
            var anew = now.Beyond(PinnedContext.RulesOf(batch, tree, those.Key));
            missing += back - QuotaDecision.MostMore(anew, more, new BatchCounters(batch), tree.At).Seconds;
        }

        return GpuTime.FromSeconds(missing);
    }

    /// <summary>Counts use, and use that is taken back, for whoever had the grant at that time.</summary>
    /// <param name="tree">The grant's tree.</param>
    /// <param name="grant">The grant.</param>
    /// <param name="happened">The event.</param>
    /// <param name="quotas">What counts in the grant's context; null when nothing that counts can change.</param>
    /// <param name="facts">
    /// In order, each about one holder's time, as if all were of whoever has the grant now. They begin with what the grant had left.
    /// </param>
    public static void Record(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        Event happened,
        QuotaMatch? quotas,
        IReadOnlyList<QuotaFact> facts
    )
    {
        if (grant.Handovers is null)
        {
            Facts.Record(batch, happened, grant.PinnedBy, quotas, [.. facts]);
            return;
        }

        foreach (var fact in facts)
        {
            var holder = ContextAt(batch, grant, fact.CountsAt);
            if (holder == grant.PinnedBy)
                Facts.Record(batch, happened, holder, quotas, fact);
            else
                RecordOfOther(batch, tree, grant, happened, holder, fact);
        }
    }

    /// <summary>
    /// What was used goes back to whoever had the grant then, and counts there. What was not used after all stops counting there, and is
    /// left to whoever has the grant now.
    /// </summary>
    private static void RecordOfOther(BatchState batch, TreeChanges tree, Grant grant, Event happened, Guid holder, QuotaFact fact)
    {
        var (life, time) = (fact.Life!.Value, fact.Time);
        var (now, then) = (PinnedContext.RulesOf(batch, tree, grant.PinnedBy), PinnedContext.RulesOf(batch, tree, holder));
        var isUse = fact.Kind == QuotaFactKind.Used;
        var rest = isUse ? fact.Outstanding - time : fact.Outstanding;
        // Use takes the earliest parts of what is left, and gives them back.
        var parts = GrantMoves.Divide(TopUps.PartsOf(batch, grant, rest + time), time).Stays;
        var outside = GrantMoves.Out(tree.At, life, parts, grant.CostOf, isWhole: false, beside: isUse ? rest : GpuTime.Zero);
        var inside = GrantMoves.In(tree.At, life, parts, grant.CostOf, isWhole: false, beside: isUse ? GpuTime.Zero : rest);
        var counted = fact.Of(life, isUse ? time : GpuTime.Zero);
        if (isUse)
        {
            Facts.Record(batch, happened, grant.PinnedBy, now, [.. outside]);
            Facts.Record(batch, happened, holder, then, [.. inside, counted]);
        }
        else
        {
            Facts.Record(batch, happened, holder, then, [counted, .. outside]);
            Facts.Record(batch, happened, grant.PinnedBy, now, [.. inside]);
        }
    }

    /// <summary>The context in which time counts that ends at a moment.</summary>
    private static Guid ContextAt(BatchState batch, Grant grant, DateTimeOffset end)
    {
        foreach (var one in Of(batch, grant))
            if (end.ToUnixTimeMilliseconds() <= one.HandedAt.ToUnixTimeMilliseconds())
                return one.PinnedBy;
        return grant.PinnedBy;
    }

    private static IEnumerable<GrantHandover> Of(BatchState batch, Grant grant) =>
        Enumerable.Range(1, grant.Handovers ?? 0).Select(number => batch.Rows<GrantHandover>().Find(KeyOf(grant, number))!);

    private static RowKey KeyOf(Grant grant, int number) => new(grant.RootProgrammeId, grant.Id, Number: number);
}

using System.Collections.Frozen;
using GpuGrants.Api.Store;
using GpuGrants.Units;

namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>
/// Facts as they are stored and read back. Facts that one decision makes happen at once share one row, of a kind of its own. Decisions are
/// the most frequent rows, and a row costs more than its content.
/// </summary>
public static class FactRows
{
    /// <summary>
    /// Each kind of fact: the word of its rows, and the fact that such a row is without <see cref="QuotaFact.Life"/> and
    /// <see cref="QuotaFact.UsedFrom"/>. The words are stored, so they never change.
    /// </summary>
    private static readonly (QuotaFactKind Kind, string Word, Func<QuotaFactRow, QuotaFact> Make)[] Kinds =
    [
        (QuotaFactKind.Requested, "requested", row => QuotaFact.Requested(row.At)),
        (QuotaFactKind.Reasked, "reasked", row => QuotaFact.Reasked(row.At)),
        (QuotaFactKind.RequestClosed, "request-closed", row => QuotaFact.RequestClosed(row.At, row.CountsAt)),
        (QuotaFactKind.Held, "held", row => QuotaFact.Held(row.At, TimeOf(row), CreditsOf(row), row.Gpus)),
        (QuotaFactKind.HeldMore, "held-more", row => QuotaFact.HeldMore(row.At, TimeOf(row), CreditsOf(row))),
        (
            QuotaFactKind.HoldReleased,
            "hold-released",
            row => QuotaFact.HoldReleased(row.At, row.CountsAt, TimeOf(row), CreditsOf(row), row.Gpus, row.IsWhole)
        ),
        (QuotaFactKind.Granted, "granted", row => QuotaFact.Granted(row.At, row.CountsAt, TimeOf(row), CreditsOf(row), row.Gpus)),
        (QuotaFactKind.ToppedUp, "topped-up", row => QuotaFact.ToppedUp(row.At, row.CountsAt, TimeOf(row), CreditsOf(row))),
        (QuotaFactKind.Returned, "returned", row => QuotaFact.Returned(row.At, row.CountsAt, TimeOf(row), CreditsOf(row))),
        (QuotaFactKind.Used, "used", row => QuotaFact.Used(row.At, row.CountsAt, TimeOf(row))),
        (QuotaFactKind.Unused, "unused", row => QuotaFact.Unused(row.At, row.CountsAt, TimeOf(row))),
        (QuotaFactKind.MovedOut, "moved-out", row => QuotaFact.MovedOut(row.At, row.CountsAt, TimeOf(row), CreditsOf(row), row.IsWhole)),
        (QuotaFactKind.MovedIn, "moved-in", row => QuotaFact.MovedIn(row.At, row.CountsAt, TimeOf(row), CreditsOf(row), row.IsWhole)),
        (QuotaFactKind.GpusGivenBack, "gpus-given-back", row => QuotaFact.GpusGivenBack(row.At, row.CountsAt, row.Gpus)),
        (QuotaFactKind.GpusTakenAgain, "gpus-taken-again", row => QuotaFact.GpusTakenAgain(row.At, row.CountsAt, row.Gpus)),
        (QuotaFactKind.GrantEnded, "grant-ended", row => QuotaFact.GrantEnded(row.At, row.CountsAt, row.Gpus)),
    ];

    /// <summary>
    /// Facts that share one row, longer ones first, with the number of the one that has the row's amounts. They have the same instants, so
    /// the row loses nothing.
    /// </summary>
    private static readonly (string Word, QuotaFactKind[] Kinds, int Carrier)[] Shared =
    [
        ("awarded", [QuotaFactKind.Requested, QuotaFactKind.RequestClosed, QuotaFactKind.Granted], 2),
        // A denied request.
        ("refused", [QuotaFactKind.Requested, QuotaFactKind.RequestClosed], 1),
        ("referred", [QuotaFactKind.Requested, QuotaFactKind.Held], 1),
        ("released", [QuotaFactKind.HoldReleased, QuotaFactKind.RequestClosed], 0),
    ];

    /// <summary>By the number of the kind.</summary>
    private static readonly string[] Words = [.. Enum.GetValues<QuotaFactKind>().Select(kind => Of(kind).Word)];

    private static readonly FrozenDictionary<string, (Func<QuotaFactRow, QuotaFact>[] Makes, int Carrier)> Stored = Kinds
        .Select(one => (one.Word, Makes: (Func<QuotaFactRow, QuotaFact>[])[one.Make], Carrier: 0))
        .Concat(Shared.Select(one => (one.Word, Makes: one.Kinds.Select(kind => Of(kind).Make).ToArray(), one.Carrier)))
        .ToFrozenDictionary(one => one.Word, one => (one.Makes, one.Carrier), StringComparer.Ordinal);

    /// <summary>How many facts a row of the kind stands for, in SQL.</summary>
    internal static readonly string CountSql =
        $"case kind {string.Join(' ', Shared.Select(one => $"when {Sql(one.Word)} then {one.Kinds.Length}"))} else 1 end";

    /// <summary>The kinds of rows that begin a request, in SQL.</summary>
    internal static readonly string BeginningSql = $"({string.Join(", ", BeginningWords().Select(Sql))})";

    /// <summary>The rows that the facts of one event are stored as. <see cref="FromRow"/> gives the same facts in the same order.</summary>
    public static IEnumerable<QuotaFactRow> ToRows(
        IReadOnlyList<QuotaFact> facts,
        Guid root,
        long eventSequence,
        int firstOrdinal,
        Guid pinnedBy
    )
    {
        for (var i = 0; i < facts.Count; firstOrdinal++)
        {
            var (word, length, carrier) = RowAt(facts, i);
            yield return ToRow(facts[i + carrier], root, eventSequence, firstOrdinal, pinnedBy, word);
            i += length;
        }
    }

    private static (string Word, int Length, int Carrier) RowAt(IReadOnlyList<QuotaFact> facts, int at)
    {
        foreach (var (word, kinds, carrier) in Shared)
            if (Share(facts, at, kinds))
                return (word, kinds.Length, carrier);
        return (Words[(int)facts[at].Kind], 1, 0);
    }

    private static bool Share(IReadOnlyList<QuotaFact> facts, int at, QuotaFactKind[] kinds)
    {
        if (facts.Count - at < kinds.Length)
            return false;
        for (var i = 0; i < kinds.Length; i++)
        {
            var fact = facts[at + i];
            if (fact.Kind != kinds[i] || fact.At != facts[at].At || fact.CountsAt != facts[at].CountsAt)
                return false;
        }

        return true;
    }

    private static QuotaFactRow ToRow(QuotaFact fact, Guid root, long eventSequence, int ordinal, Guid pinnedBy, string kind) =>
        new()
        {
            RootProgrammeId = root,
            EventSequence = eventSequence,
            Ordinal = ordinal,
            Kind = kind,
            PinnedBy = pinnedBy,
            At = fact.At,
            CountsAt = fact.CountsAt,
            GpuSeconds = fact.Time.Seconds,
            Credits = fact.Credits.Units,
            Gpus = fact.Gpus,
            IsWhole = fact.IsWhole,
            LifeFrom = fact.Life?.From,
            LifeTo = fact.Life?.To,
            OutstandingSeconds = fact.Outstanding.IsZero ? null : fact.Outstanding.Seconds,
            UsedFrom = fact.UsedFrom,
        };

    /// <summary>The facts that the row stands for, in order.</summary>
    /// <exception cref="FormatException">The stored kind is unknown.</exception>
    public static IReadOnlyList<QuotaFact> FromRow(QuotaFactRow row)
    {
        if (!Stored.TryGetValue(row.Kind, out var stored))
            throw new FormatException($"'{row.Kind}' is no kind of fact.");
        var facts = new QuotaFact[stored.Makes.Length];
        for (var i = 0; i < facts.Length; i++)
            facts[i] = stored.Makes[i](row);
        // Only the fact that carries the row's amounts is about a grant or hold.
        ref var carrier = ref facts[stored.Carrier];
        if (row is { LifeFrom: { } from, LifeTo: { } to })
            carrier = carrier.Of(new GrantLife(from, to, row.Gpus), GpuTime.FromSeconds(row.OutstandingSeconds ?? 0));
        if (row.UsedFrom is { } usedFrom)
            carrier = carrier.Since(usedFrom);
        return facts;
    }

    private static (QuotaFactKind Kind, string Word, Func<QuotaFactRow, QuotaFact> Make) Of(QuotaFactKind kind) =>
        Array.Find(Kinds, one => one.Kind == kind) is { Word: not null } found
            ? found
            : throw new InvalidOperationException($"No row stands for {kind}.");

    private static IEnumerable<string> BeginningWords() =>
        Kinds
            .Select(one => (one.Word, First: one.Kind))
            .Concat(Shared.Select(one => (one.Word, First: one.Kinds[0])))
            .Where(one => one.First is QuotaFactKind.Requested or QuotaFactKind.Reasked)
            .Select(one => one.Word);

    private static GpuTime TimeOf(QuotaFactRow row) => GpuTime.FromSeconds(row.GpuSeconds);

    private static Credits CreditsOf(QuotaFactRow row) => Credits.FromUnits(row.Credits);

    private static string Sql(string kind) => RowMap.Of<QuotaFactRow>().Literal(row => row.Kind, kind);
}

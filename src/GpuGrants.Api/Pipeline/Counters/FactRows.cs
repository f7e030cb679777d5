using GpuGrants.Api.Store;
using GpuGrants.Units;

namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>
/// Facts as they are stored and read back. Facts that one decision makes happen at once share one row, of a kind of its own. Decisions are
/// the most frequent rows, and a row costs more than its content.
/// </summary>
public static class FactRows
{
    private const string Awarded = "awarded";
    private const string Referred = "referred";
    private const string Refused = "refused";
    private const string Released = "released";

    private static readonly string[] Codes =
    [
        "requested",
        "held",
        "hold-released",
        "granted",
        "returned",
        "used",
        "grant-ended",
        "request-closed",
        "unused",
        "reasked",
        "topped-up",
        "held-more",
        "moved-out",
        "moved-in",
        "gpus-given-back",
        "gpus-taken-again",
    ];

    /// <summary>How many facts a row of the kind stands for, in SQL.</summary>
    internal static readonly string CountSql =
        $"case kind when {Sql(Awarded)} then 3 when {Sql(Referred)} then 2 when {Sql(Refused)} then 2 "
        + $"when {Sql(Released)} then 2 else 1 end";

    /// <summary>The kinds of rows that begin a request, in SQL.</summary>
    internal static readonly string BeginningSql =
        $"({Sql(QuotaFactKind.Requested.Code())}, {Sql(QuotaFactKind.Reasked.Code())}, {Sql(Awarded)}, {Sql(Referred)}, {Sql(Refused)})";

    public static string Code(this QuotaFactKind kind) => Codes[(int)kind];

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
            var (kind, carrier, length) = Joined([.. facts.Skip(i).Take(3)]) ?? (facts[i].Kind.Code(), facts[i], 1);
            yield return ToRow(carrier, root, eventSequence, firstOrdinal, pinnedBy, kind);
            i += length;
        }
    }

    /// <summary>Facts that fit one row without loss: they have the same instant, and only one of them has amounts of its own.</summary>
    private static (string Kind, QuotaFact Carrier, int Length)? Joined(QuotaFact[] facts)
    {
        bool AtOnce(QuotaFact fact) => fact.At == facts[0].At && fact.CountsAt == facts[0].At;
        return facts switch
        {
            [{ Kind: QuotaFactKind.Requested }, { Kind: QuotaFactKind.RequestClosed } closed, { Kind: QuotaFactKind.Granted } granted]
                when AtOnce(closed) && AtOnce(granted) => (Awarded, granted, 3),
            [{ Kind: QuotaFactKind.Requested }, { Kind: QuotaFactKind.RequestClosed } closed, ..] when AtOnce(closed) => (
                Refused,
                closed,
                2
            ),
            [{ Kind: QuotaFactKind.Requested }, { Kind: QuotaFactKind.Held } held, ..] when AtOnce(held) => (Referred, held, 2),
            [{ Kind: QuotaFactKind.HoldReleased } released, { Kind: QuotaFactKind.RequestClosed } closed, ..]
                when closed.At == released.At && closed.CountsAt == released.CountsAt => (Released, released, 2),
            _ => null,
        };
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
        var facts = Plain(row);
        // Only the fact that carries the row's amounts is about a grant or hold.
        var carrier = row.Kind == Released ? 0 : facts.Length - 1;
        if (row is { LifeFrom: { } from, LifeTo: { } to })
            facts[carrier] = facts[carrier].Of(new GrantLife(from, to, row.Gpus), GpuTime.FromSeconds(row.OutstandingSeconds ?? 0));
        if (row.UsedFrom is { } usedFrom)
            facts[carrier] = facts[carrier].Since(usedFrom);
        return facts;
    }

    private static QuotaFact[] Plain(QuotaFactRow row)
    {
        var time = GpuTime.FromSeconds(row.GpuSeconds);
        var credits = Credits.FromUnits(row.Credits);
        return row.Kind switch
        {
            "requested" => [QuotaFact.Requested(row.At)],
            "reasked" => [QuotaFact.Reasked(row.At)],
            "held" => [QuotaFact.Held(row.At, time, credits, row.Gpus)],
            "hold-released" => [QuotaFact.HoldReleased(row.At, row.CountsAt, time, credits, row.Gpus, row.IsWhole)],
            "granted" => [QuotaFact.Granted(row.At, row.CountsAt, time, credits, row.Gpus)],
            "returned" => [QuotaFact.Returned(row.At, row.CountsAt, time, credits)],
            "used" => [QuotaFact.Used(row.At, row.CountsAt, time)],
            "topped-up" => [QuotaFact.ToppedUp(row.At, row.CountsAt, time, credits)],
            "held-more" => [QuotaFact.HeldMore(row.At, time, credits)],
            "moved-out" => [QuotaFact.MovedOut(row.At, row.CountsAt, time, credits, row.IsWhole)],
            "gpus-given-back" => [QuotaFact.GpusGivenBack(row.At, row.CountsAt, row.Gpus)],
            "gpus-taken-again" => [QuotaFact.GpusTakenAgain(row.At, row.CountsAt, row.Gpus)],
            "moved-in" => [QuotaFact.MovedIn(row.At, row.CountsAt, time, credits, row.IsWhole)],
            "unused" => [QuotaFact.Unused(row.At, row.CountsAt, time)],
            "grant-ended" => [QuotaFact.GrantEnded(row.At, row.CountsAt, row.Gpus)],
            "request-closed" => [QuotaFact.RequestClosed(row.At, row.CountsAt)],
            Awarded =>
            [
                QuotaFact.Requested(row.At),
                QuotaFact.RequestClosed(row.At, row.At),
                QuotaFact.Granted(row.At, row.At, time, credits, row.Gpus),
            ],
            Refused => [QuotaFact.Requested(row.At), QuotaFact.RequestClosed(row.At, row.At)],
            Referred => [QuotaFact.Requested(row.At), QuotaFact.Held(row.At, time, credits, row.Gpus)],
            Released =>
            [
                QuotaFact.HoldReleased(row.At, row.CountsAt, time, credits, row.Gpus, row.IsWhole),
                QuotaFact.RequestClosed(row.At, row.CountsAt),
            ],
            _ => throw new FormatException($"'{row.Kind}' is no kind of fact."),
        };
    }

    private static string Sql(string kind) => RowMap.Of<QuotaFactRow>().Literal(row => row.Kind, kind);
}

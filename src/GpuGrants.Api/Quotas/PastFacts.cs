using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Quotas;

/// <summary>Streams past facts for a simulation. The fact of each request carries what was asked and decided.</summary>
internal static class PastFacts
{
    private const int TimeoutSeconds = 600;

    private static readonly RowReader<Decision> Decisions = RowMap.Of<Decision>().Part(row => new { row.RequestId, row.Verdict });

    private const string OfProgramme = """
         and exists (select from decisions d join requests r on r.root_programme_id = d.root_programme_id and r.id = d.request_id
            join programmes p on p.id = r.programme_id
            where d.root_programme_id = f.root_programme_id and d.id = f.context_id and $3 = any (p.path))
        """;

    private static readonly int DecisionColumn = FactHistory.SnapshotColumn + 1;

    /// <summary>How many facts a simulation tells of.</summary>
    /// <param name="connection">To read by.</param>
    /// <param name="tree">Whose facts; those of all trees when null.</param>
    /// <param name="until">Facts from this moment on are left out.</param>
    /// <param name="shown">The programme whose facts are counted, with those below it; null for all.</param>
    /// <param name="cancellation">Stops the counting.</param>
    public static async Task<long> CountAsync(
        NpgsqlConnection connection,
        TreeId? tree,
        DateTimeOffset until,
        Guid? shown,
        CancellationToken cancellation
    )
    {
        await using var command = FactHistory.Command(
            connection,
            $"select coalesce(sum({FactRows.CountSql}), 0)::bigint from quota_facts f where ($1::uuid is null or "
                + $"f.root_programme_id = $1) and f.at < $2{(shown is null ? "" : OfProgramme)}",
            tree,
            until
        );
        if (shown is { } programme)
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = programme });
        command.CommandTimeout = TimeoutSeconds;
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>
    /// Each fact with its tree and its request. An amended request was decided afresh, so its decision, not its id, is what a simulation
    /// follows.
    /// </summary>
    public static IAsyncEnumerable<(PastFact Past, TreeId Tree, Guid RequestId)> ReadAsync(
        NpgsqlConnection connection,
        TreeId? tree,
        DateTimeOffset until,
        CancellationToken cancellation
    )
    {
        return FactHistory.StreamAsync(
            connection,
            $", {Decisions.Columns("d")}, {Stays}",
            tree,
            until,
            TimeoutSeconds,
            Facts,
            cancellation
        );

        static IEnumerable<(PastFact, TreeId, Guid)> Facts(NpgsqlDataReader reader, QuotaFactRow row, ContextCache contexts)
        {
            foreach (var fact in FactRows.FromRow(row))
            {
                var past = fact.IsBeginning
                    ? Requested(reader, row, fact, contexts)
                    : new PastFact(row.PinnedBy, FactHistory.ContextOf(reader, row, contexts), fact);
                yield return (past, TreeId.Of(row.RootProgrammeId), Decisions.Read(reader, DecisionColumn).RequestId);
            }
        }
    }

    /// <summary>Whether something else than quotas stood against the request: other rules would not have changed that.</summary>
    private static string Stays =>
        $"f.kind in {FactRows.BeginningSql} and exists (select 1 from jsonb_array_elements(d.explanation -> 'reasons') r "
        + $"where r ->> 'code' not in ({string.Join(", ", QuotaReasons.Codes.Select(code => $"'{code}'"))}))";

    private static PastFact Requested(NpgsqlDataReader reader, QuotaFactRow row, QuotaFact fact, ContextCache contexts)
    {
        var snapshot = DecisionSnapshot.FromBytes(reader.GetFieldValue<byte[]>(FactHistory.SnapshotColumn));
        contexts.Add(row.PinnedBy, snapshot.Context);
        var verdict = DecisionVerdict.ToRules(Decisions.Read(reader, DecisionColumn).Verdict);
        return new PastFact(
            row.PinnedBy,
            snapshot.Context,
            fact,
            snapshot.Ask,
            verdict,
            reader.GetBoolean(DecisionColumn + Decisions.Width)
        );
    }
}

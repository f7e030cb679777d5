using System.Runtime.CompilerServices;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Pipeline.Counters;

/// <summary>The stored facts of one tree, or of all, in the order in which they happened, each with the context it is counted by.</summary>
public static class FactHistory
{
    private static readonly RowMap<QuotaFactRow> Rows = RowMap.Of<QuotaFactRow>();

    /// <summary>The ordinal of the snapshot, behind the fact's columns.</summary>
    internal static readonly int SnapshotColumn = Rows.Width;

    private static readonly string Columns = $"{Rows.Columns("f")}, d.snapshot";

    /// <summary>context_id is <see cref="QuotaFactRow.PinnedBy"/>: the decision whose snapshot has the context.</summary>
    private const string Tables = "quota_facts f join decisions d on d.root_programme_id = f.root_programme_id and d.id = f.context_id";

    /// <summary>Of one tree, in the order of its events, which is that of time: the key's own order, so that nothing is sorted.</summary>
    private const string OfTree = "where f.root_programme_id = $1 and f.at < $2 order by f.event_sequence, f.ordinal";

    private const string OfTreeAfter = """
        where f.root_programme_id = $1 and f.at < $2 and (f.event_sequence, f.ordinal) > ($3, $4)
        order by f.event_sequence, f.ordinal limit $5
        """;

    /// <summary>
    /// Of all trees, behind the number of an event in each. The fence keeps the planner to one look into the key per tree, where a join of
    /// the whole table would read the whole history.
    /// </summary>
    private const string BeyondTables = """
        programme_trees t left join unnest($1, $2) as p(root, sequence) on p.root = t.root_programme_id
        cross join lateral (select * from quota_facts q where q.root_programme_id = t.root_programme_id
            and q.event_sequence > coalesce(p.sequence, 0) offset 0) f
        join decisions d on d.root_programme_id = f.root_programme_id and d.id = f.context_id
        where t.event_sequence > coalesce(p.sequence, 0)
        """;

    private const string OfOrganization = """
        exists (select from requests r where r.root_programme_id = d.root_programme_id and r.id = d.request_id
            and r.organization_id = $3)
        """;

    private const string InTime = "order by f.at, f.root_programme_id, f.event_sequence, f.ordinal";

    private const string OfAll = "where $1::uuid is null and f.at < $2 order by f.at, f.root_programme_id, f.event_sequence, f.ordinal";

    /// <summary>All facts of the tree, or of all trees, each with its context. It never times out.</summary>
    /// <remarks>
    /// The first row may come after a sort of the whole history. A timeout would only lead to endless retries while nobody can decide.
    /// </remarks>
    public static IAsyncEnumerable<FactEntry> ReadAsync(NpgsqlConnection connection, TreeId? tree) =>
        StreamAsync<FactEntry>(
            connection,
            "",
            tree,
            DateTimeOffset.MaxValue,
            timeoutSeconds: 0,
            (reader, row, contexts) => [EntryOf(reader, row, contexts)],
            CancellationToken.None
        );

    /// <summary>The facts of one tree behind a place, row by row.</summary>
    /// <param name="connection">To read by.</param>
    /// <param name="tree">Whose facts.</param>
    /// <param name="after">The place.</param>
    /// <param name="most">The most rows; null for all.</param>
    /// <param name="cancellation">Ends the stream.</param>
    internal static async IAsyncEnumerable<FactEntry> ReadAfterAsync(
        NpgsqlConnection connection,
        TreeId tree,
        FactPosition after,
        int? most,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await using var command = Command(connection, $"select {Columns} from {Tables} {OfTreeAfter}", tree, DateTimeOffset.MaxValue);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.EventSequence });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = after.Ordinal });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)most ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.CommandTimeout = 0;
        await foreach (var entry in RowsAsync(command, EntryOf, cancellation))
            yield return entry;
    }

    /// <summary>The facts of all trees behind the number of an event in each, in the order of time. It never times out.</summary>
    /// <param name="connection">To read by.</param>
    /// <param name="horizon">The number of the last event that is left out, by tree.</param>
    /// <param name="organization">Only what this organization asked for; everything when null.</param>
    internal static async IAsyncEnumerable<FactEntry> ReadBeyondAsync(
        NpgsqlConnection connection,
        IReadOnlyDictionary<Guid, long> horizon,
        Guid? organization
    )
    {
        var filter = organization is null ? "" : $" and {OfOrganization}";
        // Without a horizon the whole history is read, and a join finds an organization's part of it faster.
        var from = horizon.Count == 0 && organization is not null ? $"{Tables} where $1 is not null and $2 is not null" : BeyondTables;
        await using var command = new NpgsqlCommand($"select {Columns} from {from}{filter} {InTime}", connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. horizon.Keys] },
                new NpgsqlParameter<long[]> { TypedValue = [.. horizon.Values] },
            },
            CommandTimeout = 0,
        };
        if (organization is { } id)
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await foreach (var entry in RowsAsync(command, EntryOf, CancellationToken.None))
            yield return entry;
    }

    /// <summary>What is made of each row. Memory does not grow with the number of rows.</summary>
    private static async IAsyncEnumerable<TMade> RowsAsync<TMade>(
        NpgsqlCommand command,
        Func<NpgsqlDataReader, QuotaFactRow, ContextCache, TMade> make,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var contexts = new ContextCache();
        while (await reader.ReadAsync(cancellation))
            yield return make(reader, Rows.Read(reader), contexts);
    }

    private static FactEntry EntryOf(NpgsqlDataReader reader, QuotaFactRow row, ContextCache contexts) =>
        new(new FactPosition(row.EventSequence, row.Ordinal), FactRows.FromRow(row), ContextOf(reader, row, contexts));

    /// <summary>Streams what is made of each row. Memory does not grow with the number of rows.</summary>
    /// <param name="connection">To read by.</param>
    /// <param name="more">Further columns to select, each after a comma: of the facts <c>f</c> and their decisions <c>d</c>.</param>
    /// <param name="tree">Whose facts; those of all trees when null.</param>
    /// <param name="until">Facts from this moment on are left out.</param>
    /// <param name="timeoutSeconds">How long a read may take; 0 for no limit.</param>
    /// <param name="make">What is made of a row, with the contexts that were read so far.</param>
    /// <param name="cancellation">Ends the stream.</param>
    internal static async IAsyncEnumerable<TMade> StreamAsync<TMade>(
        NpgsqlConnection connection,
        string more,
        TreeId? tree,
        DateTimeOffset until,
        int timeoutSeconds,
        Func<NpgsqlDataReader, QuotaFactRow, ContextCache, IEnumerable<TMade>> make,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var sql = $"select {Columns}{more} from {Tables} {(tree is null ? OfAll : OfTree)}";
        await using var command = Command(connection, sql, tree, until);
        command.CommandTimeout = timeoutSeconds;
        await foreach (var ofRow in RowsAsync(command, make, cancellation))
        foreach (var made in ofRow)
            yield return made;
    }

    /// <summary>The context that the row's decision pinned: unpacked once for the rows that share it, while the cache has it.</summary>
    internal static QuotaContext ContextOf(NpgsqlDataReader reader, QuotaFactRow row, ContextCache contexts) =>
        contexts.TryGet(row.PinnedBy, out var context)
            ? context
            : contexts.Add(row.PinnedBy, DecisionSnapshot.ContextOf(reader.GetFieldValue<byte[]>(SnapshotColumn)));

    internal static NpgsqlCommand Command(NpgsqlConnection connection, string sql, TreeId? tree, DateTimeOffset until) =>
        new(sql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = (object?)tree?.Value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = until },
            },
        };
}

/// <summary>
/// A place in the history of one tree. Facts are numbered under the tree's lock, so nothing comes later in front of a place.
/// </summary>
/// <param name="EventSequence">The number of the event.</param>
/// <param name="Ordinal">The fact's place in it.</param>
public readonly record struct FactPosition(long EventSequence, int Ordinal)
{
    /// <summary>In front of all facts.</summary>
    public static FactPosition Beginning { get; } = new(long.MinValue, 0);
}

/// <summary>One entry of a history: what a stored row says, with the context in which it counts.</summary>
/// <param name="At">Where it is.</param>
/// <param name="Facts">What happened.</param>
/// <param name="Context">By which it is counted.</param>
public sealed record FactEntry(FactPosition At, IReadOnlyList<QuotaFact> Facts, QuotaContext Context);

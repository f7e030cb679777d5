using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// Rows of one kind that end by themselves at a moment, by tree. Whoever decides on what they hold first lets those end whose time is
/// over, as the sweep would. The tree's memory knows when the next one is due, so other decisions read nothing.
/// </summary>
public abstract class LapsingRows : IBatchReads
{
    /// <summary>The most that one batch ends in a tree. The next batch goes on.</summary>
    protected const int Max = 100;

    private readonly Dictionary<TreeId, (Guid[] Due, DateTimeOffset Next)> _known = [];
    private readonly Dictionary<TreeId, DateTimeOffset> _wants = [];
    private readonly Dictionary<TreeId, DateTimeOffset> _begun = [];
    private readonly HashSet<TreeId> _done = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Of each tree <c>$1</c> at its moment <c>$2</c>: the first rows that are due, and when the next one is.</summary>
    protected abstract string Sql { get; }

    /// <summary>The SQL of rows in one table.</summary>
    /// <param name="table">Its name.</param>
    /// <param name="isOpen">Which of its rows, called <c>r</c>, have not ended, as the index of the moment says it.</param>
    /// <param name="moment">The column with the moment.</param>
    /// <returns>What <see cref="Sql"/> needs.</returns>
    protected static string Due(string table, string isOpen, string moment) =>
        $"""
            select v.root, array(select r.id from {table} r where r.root_programme_id = v.root and {isOpen} and r.{moment} <= v.at
                    order by r.{moment}, r.id limit {Max}),
                (select min(r.{moment}) from {table} r where r.root_programme_id = v.root and {isOpen} and r.{moment} > v.at)
            from unnest($1::uuid[], $2::timestamptz[]) as v(root, at)
            """;

    /// <summary>Wants the rows that are due, when one may be.</summary>
    /// <returns>Those that are known to be due: the caller wants what their ends need.</returns>
    protected IReadOnlyList<Guid> PlanDue(TreeChanges tree)
    {
        if (tree.State.DueFrom.TryGetValue(GetType(), out var from) && tree.At < from)
            return [];
        // The batch's time in the tree may have moved on since they were read.
        if (_known.TryGetValue(tree.Id, out var known) && tree.At < known.Next)
            return known.Due;
        _wants[tree.Id] = tree.At;
        return [];
    }

    /// <summary>Ends those that are due, once per batch.</summary>
    /// <param name="tree">Their tree.</param>
    /// <param name="end">Ends one that is still open and still due.</param>
    protected void EndDue(TreeChanges tree, Action<Guid> end)
    {
        if (!_known.TryGetValue(tree.Id, out var known) || !_done.Add(tree.Id))
            return;
        foreach (var id in known.Due)
            end(id);
        // As many as one batch ends: more may be due, so the next batch looks again.
        var next = known.Due.Length == Max ? tree.At : known.Next;
        tree.State.DueFrom[GetType()] = _begun.TryGetValue(tree.Id, out var begun) && begun < next ? begun : next;
    }

    /// <summary>The batch makes a row that ends at the moment.</summary>
    protected void Begin(TreeChanges tree, DateTimeOffset until)
    {
        if (!_begun.TryGetValue(tree.Id, out var before) || until < before)
            _begun[tree.Id] = until;
        if (tree.State.DueFrom.TryGetValue(GetType(), out var from) && until < from)
            tree.State.DueFrom[GetType()] = until;
    }

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Keys.Select(tree => tree.Value)] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Values] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[TreeId.Of(reader.GetGuid(0))] = (
                reader.GetFieldValue<Guid[]>(1),
                reader.IsDBNull(2) ? DateTimeOffset.MaxValue : reader.GetFieldValue<DateTimeOffset>(2)
            );
    }
}

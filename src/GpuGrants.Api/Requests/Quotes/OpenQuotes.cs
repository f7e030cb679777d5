using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Requests.Quotes;

/// <summary>
/// How many quotes people have open, in all programmes. Read under the lock of the person's tree, so that no other counts beside.
/// </summary>
internal sealed class OpenQuotes : PendingRows
{
    private const string Sql = $"""
        select v.id, (select count(*) from quotes q where q.person_id = v.id and q.status = '{QuoteStatus.Open}' and q.expires_at > $2)
        from unnest($1::uuid[]) as v(id)
        """;

    private readonly Dictionary<Guid, long> _known = [];
    private readonly HashSet<Guid> _wants = [];
    private DateTimeOffset _at;

    public override bool HasWants => _wants.Count > 0;

    /// <summary>Wants the person's lock, then the count.</summary>
    public static void Plan(BatchState batch, Guid personId)
    {
        var tree = TreeId.Of(personId);
        if (!batch.Trees.ContainsKey(tree))
        {
            batch.WantedCountingTrees.Add(tree);
            return;
        }

        var table = batch.Table<OpenQuotes>();
        table._at = batch.Clock;
        if (!table._known.ContainsKey(personId))
            table._wants.Add(personId);
    }

    /// <summary>How many the person has, with those that this batch made.</summary>
    public static long Of(BatchState batch, Guid personId) =>
        batch.Table<OpenQuotes>()._known[personId] + batch.Rows<Quote>().Inserts.Count(row => row.PersonId == personId);

    public override NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants] },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = _at },
            },
        };

    public override async Task TakeAsync(NpgsqlDataReader reader)
    {
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[reader.GetGuid(0)] = reader.GetInt64(1);
    }

    /// <summary>It only reads.</summary>
    public override void AddWrites(NpgsqlBatch batch) { }
}

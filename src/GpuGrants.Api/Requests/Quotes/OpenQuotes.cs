using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Requests.Quotes;

/// <summary>
/// How many quotes people have open, in all programmes. Read under the lock of the person's tree, so that no other counts beside.
/// </summary>
internal sealed class OpenQuotes : ReadByKey<Guid, long>
{
    private const string Text = $"""
        select v.id, (select count(*) from quotes q where q.person_id = v.id and q.status = '{QuoteStatus.Open}' and q.expires_at > $2)
        from unnest($1::uuid[]) as v(id)
        """;

    protected override string Sql => Text;

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
        table.At = batch.Clock;
        table.Find(personId);
    }

    /// <summary>How many the person has, with those that this batch made.</summary>
    public static long CountOf(BatchState batch, Guid personId) =>
        batch.Table<OpenQuotes>().Of(personId)[0] + batch.Rows<Quote>().Inserts.Count(row => row.PersonId == personId);

    protected override (Guid Key, long Found) Read(NpgsqlDataReader row) => (row.GetGuid(0), row.GetInt64(1));
}

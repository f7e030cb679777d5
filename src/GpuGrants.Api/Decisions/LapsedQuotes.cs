using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Decisions;

/// <summary>
/// Quotes that expired, by tree. What they pin is free from that moment on, so whoever promises or withdraws GPU time first lets them
/// expire, as the sweep would. The tree's memory knows when the next one is due, so other decisions read nothing.
/// </summary>
public sealed class LapsedQuotes : PendingRows
{
    /// <summary>The most that one batch lets expire in a tree. The next batch goes on.</summary>
    private const int Max = 100;

    private const string Sql = $"""
        select v.root, array(select q.id from quotes q where q.root_programme_id = v.root and q.status = '{QuoteStatus.Open}'
                and q.expires_at <= v.at order by q.expires_at, q.id limit 100),
            (select min(q.expires_at) from quotes q where q.root_programme_id = v.root and q.status = '{QuoteStatus.Open}'
                and q.expires_at > v.at)
        from unnest($1::uuid[], $2::timestamptz[]) as v(root, at)
        """;

    private readonly Dictionary<TreeId, (Guid[] Due, DateTimeOffset Next)> _known = [];
    private readonly Dictionary<TreeId, DateTimeOffset> _wants = [];
    private readonly Dictionary<TreeId, DateTimeOffset> _made = [];
    private readonly HashSet<TreeId> _done = [];

    public override bool HasWants => _wants.Count > 0;

    /// <summary>Wants the quotes that are due, when one may be, and what their ends need.</summary>
    public static void Plan(BatchState batch, TreeChanges tree)
    {
        if (tree.At < tree.State.QuotesLapseFrom)
            return;
        var table = batch.Table<LapsedQuotes>();
        if (!table._known.TryGetValue(tree.Id, out var known))
            table._wants[tree.Id] = tree.At;
        else
            foreach (var id in known.Due)
                PlanEnd(batch, tree, id);
    }

    /// <summary>Wants what the end of one quote needs.</summary>
    public static void PlanEnd(BatchState batch, TreeChanges tree, Guid id)
    {
        if (!batch.Rows<Quote>().TryRead(new RowKey(tree.RootProgrammeId, id), out var row) || row is null)
            return;
        var unit = LedgerUnit.Gpu(row.GpuModelId);
        batch.WantHold(tree.Id, row.TimeHoldId);
        tree.WantAccount(AccountIds.Of(AccountKind.Capacity, unit, row.OfferId));
        tree.WantAccount(AccountIds.Of(AccountKind.Grant, unit, row.GrantId));
    }

    /// <summary>Lets them expire, once per batch.</summary>
    public static void Close(BatchState batch, TreeChanges tree)
    {
        var table = batch.Table<LapsedQuotes>();
        if (!table._known.TryGetValue(tree.Id, out var known) || !table._done.Add(tree.Id))
            return;
        foreach (var id in known.Due)
            if (
                batch.Rows<Quote>().Find(new RowKey(tree.RootProgrammeId, id)) is { Status: QuoteStatus.Open } row
                && row.ExpiresAt <= tree.At
            )
                End(batch, tree, row, QuoteStatus.Expired, Actor.Service);
        var next = known.Due.Length == Max ? tree.At : known.Next;
        tree.State.QuotesLapseFrom = table._made.TryGetValue(tree.Id, out var made) && made < next ? made : next;
    }

    /// <summary>A quote begins.</summary>
    public static void Made(BatchState batch, TreeChanges tree, Quote row)
    {
        var made = batch.Table<LapsedQuotes>()._made;
        if (!made.TryGetValue(tree.Id, out var before) || row.ExpiresAt < before)
            made[tree.Id] = row.ExpiresAt;
        if (row.ExpiresAt < tree.State.QuotesLapseFrom)
            tree.State.QuotesLapseFrom = row.ExpiresAt;
    }

    /// <summary>Frees what the quote pins and closes it. What its end needs must have been wanted.</summary>
    /// <exception cref="InvalidOperationException">The ledger refuses to void a hold that is open. That is a defect.</exception>
    public static void End(BatchState batch, TreeChanges tree, Quote row, string status, Actor actor)
    {
        tree.Post([
            TransferOrder.Void(
                Guid.CreateVersion7(tree.At),
                row.TimeHoldId,
                status == QuoteStatus.Used ? TransferReasons.QuoteUsed : TransferReasons.Expired,
                actor.About(row.RequestId, row.GrantId, row.ProgrammeId)
            ),
        ]);
        row.Status = status;
        row.Version++;
        row.UpdatedAt = tree.At;
        batch.Rows<Quote>().Update(row);
        batch.Happened(tree.Id, actor, status == QuoteStatus.Used ? QuoteEvents.Used : QuoteEvents.Expired, DataOf(row), row.Livemode);
    }

    /// <summary>What an event tells of a quote.</summary>
    public static QuoteData DataOf(Quote row) =>
        new(
            row.Id,
            row.ProgrammeId,
            row.OrganizationId,
            row.OfferId,
            row.Status,
            Wire.Hours(row.GpuSeconds),
            row.Status == QuoteStatus.Used ? row.RequestId : null
        );

    public override NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Keys.Select(tree => tree.Value)] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Values] },
            },
        };

    public override async Task TakeAsync(NpgsqlDataReader reader)
    {
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[TreeId.Of(reader.GetGuid(0))] = (
                reader.GetFieldValue<Guid[]>(1),
                reader.IsDBNull(2) ? DateTimeOffset.MaxValue : reader.GetFieldValue<DateTimeOffset>(2)
            );
    }

    /// <summary>It only reads.</summary>
    public override void AddWrites(NpgsqlBatch batch) { }
}

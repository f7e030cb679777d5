using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>
/// Reviews that nobody decided in time, by tree. What they hold counts for nobody any more, so a decision first lets them lapse, as the
/// sweep would. The tree's memory knows when the next one is due, so other decisions read nothing.
/// </summary>
internal sealed class LapsedReviews : PendingRows
{
    /// <summary>The most that one batch lets lapse in a tree. The next batch goes on.</summary>
    private const int Max = 100;

    private static readonly string InReview = RowMap.Of<Request>().Literal(row => row.Status, RequestStatus.InReview);

    private static readonly string Sql = $"""
        select v.root, array(select r.id from requests r where r.root_programme_id = v.root and r.status = {InReview}
                and r.hold_expires_at <= v.at order by r.hold_expires_at, r.id limit {Max}),
            (select min(r.hold_expires_at) from requests r where r.root_programme_id = v.root and r.status = {InReview}
                and r.hold_expires_at > v.at)
        from unnest($1::uuid[], $2::timestamptz[]) as v(root, at)
        """;

    private readonly Dictionary<TreeId, (Guid[] Due, DateTimeOffset Next)> _known = [];
    private readonly Dictionary<TreeId, DateTimeOffset> _wants = [];
    private readonly Dictionary<TreeId, DateTimeOffset> _referred = [];
    private readonly HashSet<TreeId> _done = [];

    public override bool HasWants => _wants.Count > 0;

    /// <summary>Wants the reviews that are due, when one may be, and what their ends need.</summary>
    public static void Plan(BatchState batch, TreeChanges tree)
    {
        if (tree.At < tree.State.ReviewsLapseFrom)
            return;
        var table = batch.Table<LapsedReviews>();
        if (!table._known.TryGetValue(tree.Id, out var known))
            table._wants[tree.Id] = tree.At;
        else
            foreach (var id in known.Due)
                OpenRequest.Plan(batch, tree, id);
    }

    /// <summary>Lets them lapse, once per batch.</summary>
    public static void Close(BatchState batch, TreeChanges tree)
    {
        var table = batch.Table<LapsedReviews>();
        if (!table._known.TryGetValue(tree.Id, out var known) || !table._done.Add(tree.Id))
            return;
        // The ledger refuses no void of a hold that is open. If it did, the review would stay, and the sweep would log the refusal.
        foreach (var id in known.Due)
            if (batch.Rows<Request>().Find(new RowKey(tree.RootProgrammeId, id)) is { Status: RequestStatus.InReview } request)
                if (request.HoldExpiresAt <= tree.At)
                    OpenRequest.Close(batch, tree, request, Closing.Expired, Actor.Service);
        var next = known.Due.Length == Max ? tree.At : known.Next;
        tree.State.ReviewsLapseFrom = table._referred.TryGetValue(tree.Id, out var referred) && referred < next ? referred : next;
    }

    /// <summary>A review begins.</summary>
    /// <param name="until">When it lapses.</param>
    public static void Referred(BatchState batch, TreeChanges tree, DateTimeOffset until)
    {
        var referred = batch.Table<LapsedReviews>()._referred;
        if (!referred.TryGetValue(tree.Id, out var before) || until < before)
            referred[tree.Id] = until;
        if (until < tree.State.ReviewsLapseFrom)
            tree.State.ReviewsLapseFrom = until;
    }

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

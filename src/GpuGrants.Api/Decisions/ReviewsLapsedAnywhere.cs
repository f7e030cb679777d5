using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Decisions;

/// <summary>
/// Reviews of all trees whose time is over and that nobody has ended yet. Counters have what they hold until they end, by a command that
/// ends those of its tree or by the sweep. Whoever reads a counter reads it without them.
/// </summary>
/// <remarks>
/// <c>LapsedReviews</c> selects such rows too, but those of the tree that is decided in, and ends them. This class ends none. A counter of
/// a person or of the platform also has what reviews of other trees hold, whose rows the batch may not change. So they remember apart when
/// the next one is due: <see cref="BatchState.Reviews"/> for all trees, <c>TreeState.DueFrom</c> for one. Where nothing is due, neither
/// reads.
/// </remarks>
internal sealed class ReviewsLapsedAnywhere : IBatchReads
{
    /// <summary>The most that are looked at. The oldest come first, and the sweep ends them.</summary>
    private const int Max = 200;

    private static readonly RowMap<Request> Requests = RowMap.Of<Request>();
    private static readonly string InReview = Requests.Literal(row => row.Status, RequestStatus.InReview);

    private static readonly string Sql = $"""
        select n.at, d.snapshot, {Requests.Columns("r")}
        from (select min(hold_expires_at) as at from requests where status = {InReview} and hold_expires_at > $1) n
        left join lateral (select * from requests where status = {InReview} and hold_expires_at <= $1
            order by hold_expires_at, id limit {Max}) r on true
        left join decisions d on d.root_programme_id = r.root_programme_id and d.id = r.context_id
        """;

    private readonly List<(Request Request, QuotaContext Context)> _reviews = [];
    private HashSet<TreeId> _locked = [];
    private BatchState? _wantedBy;
    private Dictionary<CounterKey, List<(RuleSignature Signature, Request Request)>>? _byCounter;

    public bool HasWants => _wantedBy is not null;

    /// <summary>Wants them for a counter of a tree. Whoever ends a review locks the tree too, so they are read once it is locked.</summary>
    public static void Plan(BatchState batch, TreeId tree)
    {
        if (!batch.Reviews.MayBeOver(batch.Clock) || !batch.Trees.ContainsKey(tree))
            return;
        var table = batch.Table<ReviewsLapsedAnywhere>();
        if (!table._locked.Contains(tree))
            table._wantedBy = batch;
    }

    /// <summary>The counter as it counts once they have ended; itself when none counts in it.</summary>
    public static QuotaCounter? Without(BatchState batch, CounterKey key, QuotaCounter? counter)
    {
        if (!batch.ReviewsAreOver || counter is null)
            return counter;
        var copy = counter;
        foreach (var (signature, request) in batch.Table<ReviewsLapsedAnywhere>().Of(batch, key))
        foreach (var fact in Facts.Release(request, batch.Clock))
            if (signature.Counts(fact))
            {
                copy = ReferenceEquals(copy, counter) ? counter.Copy() : copy;
                copy.Apply(signature, fact);
            }

        return copy;
    }

    public NpgsqlBatchCommand Read() => new(Sql) { Parameters = { new NpgsqlParameter<DateTimeOffset> { TypedValue = _wantedBy!.Clock } } };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        var batch = _wantedBy!;
        (_wantedBy, _locked, _byCounter) = (null, [.. batch.Trees.Keys], null);
        _reviews.Clear();
        DateTimeOffset? next = null;
        while (await reader.ReadAsync())
        {
            next = reader.IsDBNull(0) ? null : reader.GetFieldValue<DateTimeOffset>(0);
            if (!reader.IsDBNull(1))
                _reviews.Add((Requests.Read(reader, 2), DecisionSnapshot.ContextOf(reader.GetFieldValue<byte[]>(1))));
        }

        batch.ReviewsAreOver = _reviews.Count > 0;
        batch.Reviews.Looked(batch.Clock, next, batch.ReviewsAreOver);
    }

    /// <summary>Those that count in a counter, but for those that this very batch has ended.</summary>
    private IEnumerable<(RuleSignature Signature, Request Request)> Of(BatchState batch, CounterKey key) =>
        (_byCounter ??= Index(batch))
            .GetValueOrDefault(key, [])
            .Where(one =>
                batch.Rows<Request>().FindKnown(new RowKey(one.Request.RootProgrammeId, one.Request.Id))
                    is null
                        or { Status: RequestStatus.InReview }
            );

    /// <summary>Each tree's configuration knows the rules of its own and those of the platform, which count for every tree.</summary>
    private Dictionary<CounterKey, List<(RuleSignature Signature, Request Request)>> Index(BatchState batch)
    {
        var counted =
            from tree in batch.Trees.Values
            from review in _reviews
            from one in tree.Config.Quotas.Compiled.Match(review.Context).Counted
            select (one.Key, one.Signature, review.Request);
        return counted
            .DistinctBy(one => (one.Key, one.Request))
            .GroupBy(one => one.Key)
            .ToDictionary(group => group.Key, group => group.Select(one => (one.Signature, one.Request)).ToList());
    }
}

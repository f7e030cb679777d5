using Npgsql;

namespace GpuGrants.Api.Tests.Lives;

/// <summary>
/// What an offer with tranches still owes, and what no schedule can give of it. It reads rows alone, and reckons with a maximum flow of its
/// own over all moments at which something begins or ends, to the millisecond.
/// </summary>
internal sealed class OpenPromises
{
    private readonly List<Span> _tranches = [];
    private readonly List<(Span Span, long Ms)> _promises = [];
    private readonly DateTimeOffset _now;

    private OpenPromises(DateTimeOffset now) => _now = now;

    /// <summary>Everything that an offer promised: grants, reviews and open quotes.</summary>
    public static async Task<OpenPromises> ReadAsync(NpgsqlConnection connection, Guid offer, DateTimeOffset now)
    {
        var all = new OpenPromises(now);
        await RowsAsync(
            connection,
            offer,
            "select gpus, starts_at, ends_at, 0::bigint from offer_tranches where offer_id = $1 and status = 'open'",
            (span, _) => all._tranches.Add(span)
        );
        await RowsAsync(
            connection,
            offer,
            """
            select gpus, starts_at, expires_at, gpu_seconds - used_gpu_seconds - returned_gpu_seconds from grants
            where offer_id = $1 and mode is not null and status in ('scheduled', 'active', 'suspended')
            union all
            select gpus, starts_at, ends_at, gpu_seconds from quotes where offer_id = $1 and status = 'open' and expires_at > $2
            """,
            (span, seconds) => all._promises.Add((span, seconds * 1_000)),
            now
        );
        return all;
    }

    /// <summary>Milliseconds of GPUs that no schedule can give any more, of what holders could still use from now on.</summary>
    public long Shortfall()
    {
        var open = _promises.Select(one => (Span: one.Span.From(_now), one.Ms)).Where(one => one.Span.Ms > 0).ToList();
        var wants = open.Select(one => Math.Min(one.Ms, one.Span.Ms * one.Span.Gpus)).ToList();
        var pieces = Pieces([.. open.Select(one => one.Span), .. _tranches.Select(one => one.From(_now))]);
        var (source, sink) = (0, 1 + open.Count + pieces.Count);
        var flow = new Flow(sink + 1);
        foreach (var (i, (span, _)) in open.Index())
        {
            flow.Add(source, 1 + i, wants[i]);
            foreach (var (j, piece) in pieces.Index())
                if (span.Covers(piece))
                    flow.Add(1 + i, 1 + open.Count + j, piece.Ms * span.Gpus);
        }

        foreach (var (j, piece) in pieces.Index())
            flow.Add(1 + open.Count + j, sink, _tranches.Where(one => one.Covers(piece)).Sum(one => piece.Ms * one.Gpus));
        return wants.Sum() - flow.Most(source, sink);
    }

    private static List<Span> Pieces(List<Span> spans)
    {
        var edges = spans.Where(one => one.Ms > 0).SelectMany(one => new[] { one.Begins, one.Ends }).Distinct().Order().ToList();
        return [.. edges.Zip(edges.Skip(1), (from, until) => new Span(1, from, until))];
    }

    private static async Task RowsAsync(
        NpgsqlConnection connection,
        Guid offer,
        string sql,
        Action<Span, long> take,
        DateTimeOffset? now = null
    )
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = offer } } };
        if (now is { } at)
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = at });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            take(
                new Span(reader.GetInt32(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2)),
                reader.GetInt64(3)
            );
    }

    private readonly record struct Span(int Gpus, DateTimeOffset Begins, DateTimeOffset Ends)
    {
        public long Ms => Math.Max(0, (long)(Ends - Begins).TotalMilliseconds);

        public Span From(DateTimeOffset moment) => Begins < moment ? this with { Begins = moment } : this;

        public bool Covers(Span piece) => Begins <= piece.Begins && piece.Ends <= Ends;
    }

    /// <summary>Ford and Fulkerson: one path after the other, until there is none.</summary>
    private sealed class Flow(int nodes)
    {
        private readonly Dictionary<int, long>[] _left = [.. Enumerable.Range(0, nodes).Select(_ => new Dictionary<int, long>())];

        public void Add(int from, int to, long most)
        {
            _left[from][to] = most;
            _left[to].TryAdd(from, 0);
        }

        public long Most(int source, int sink)
        {
            var total = 0L;
            while (Path(source, sink) is { } path)
            {
                var least = path.Min(edge => _left[edge.From][edge.To]);
                foreach (var (from, to) in path)
                    (_left[from][to], _left[to][from]) = (_left[from][to] - least, _left[to][from] + least);
                total += least;
            }

            return total;
        }

        private List<(int From, int To)>? Path(int source, int sink)
        {
            var (came, queue) = (new Dictionary<int, int> { [source] = source }, new Queue<int>([source]));
            while (queue.TryDequeue(out var node) && !came.ContainsKey(sink))
                foreach (var (next, left) in _left[node])
                    if (left > 0 && came.TryAdd(next, node))
                        queue.Enqueue(next);
            if (!came.ContainsKey(sink))
                return null;
            var path = new List<(int, int)>();
            for (var node = sink; node != source; node = came[node])
                path.Add((came[node], node));
            return path;
        }
    }
}

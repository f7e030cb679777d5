using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>Reads what offers with dated tranches promised. A tree's memory keeps it, so few batches read any.</summary>
internal static class PromiseReader
{
    private static readonly RowReader<Grant> Grants = RowMap
        .Of<Grant>()
        .Part(row => new
        {
            row.RootProgrammeId,
            row.Id,
            row.OfferId,
            row.Gpus,
            row.MostGpus,
            row.Mode,
            row.GpuSeconds,
            row.UsedGpuSeconds,
            row.ReturnedGpuSeconds,
            row.Status,
            row.StartsAt,
            row.ExpiresAt,
        });

    private static readonly RowReader<Request> Requests = RowMap
        .Of<Request>()
        .Part(row => new
        {
            row.RootProgrammeId,
            row.Id,
            row.OfferId,
            row.Gpus,
            row.Mode,
            row.GpuSeconds,
            row.Status,
            row.Change,
            row.ChangesGrantId,
            row.StartsAt,
            row.DurationSeconds,
        });

    private static readonly RowReader<Quote> Quotes = RowMap
        .Of<Quote>()
        .Part(row => new
        {
            row.RootProgrammeId,
            row.Id,
            row.OfferId,
            row.Gpus,
            row.Mode,
            row.GpuSeconds,
            row.Status,
            row.StartsAt,
            row.EndsAt,
            row.ExpiresAt,
        });

    // Written as the indexes are.
    private static readonly string GrantsSql = $"""
        select {Grants.Columns("g")} from unnest($1::uuid[], $2::uuid[]) as v(root, offer)
        join grants g on g.root_programme_id = v.root and g.offer_id = v.offer
        where g.mode is not null and g.status not in ('{GrantStatus.Ending}', '{GrantStatus.Ended}')
        """;

    private static readonly string RequestsSql = $"""
        select {Requests.Columns("r")} from unnest($1::uuid[], $2::uuid[]) as v(root, offer)
        join requests r on r.root_programme_id = v.root and r.offer_id = v.offer
        where r.status = '{RequestStatus.InReview}'
        """;

    private static readonly string QuotesSql = $"""
        select {Quotes.Columns("q")} from unnest($1::uuid[], $2::uuid[]) as v(root, offer)
        join quotes q on q.root_programme_id = v.root and q.offer_id = v.offer
        where q.status = '{QuoteStatus.Open}'
        """;

    /// <summary>Adds the statements, where an offer is wanted, and what receives their results.</summary>
    public static void Add(NpgsqlBatch batch, List<Func<NpgsqlDataReader, Task>> receivers, BatchState state)
    {
        var wanted = state
            .Trees.Values.SelectMany(tree => tree.WantedPromises.Select(offer => (tree.RootProgrammeId, Offer: offer)))
            .ToList();
        if (wanted.Count == 0)
            return;
        var rows = new List<IPromisesGpus>();
        Add(GrantsSql, Grants);
        Add(RequestsSql, Requests);
        Add(QuotesSql, Quotes);
        receivers[^1] = Then(
            receivers[^1],
            () =>
            {
                foreach (var tree in state.Trees.Values)
                    tree.ReceivePromises(rows.Where(row => row.RootProgrammeId == tree.RootProgrammeId));
            }
        );

        void Add<TRow>(string sql, RowReader<TRow> columns)
            where TRow : class, IPromisesGpus, new()
        {
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(sql)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<Guid[]> { TypedValue = [.. wanted.Select(one => one.RootProgrammeId)] },
                        new NpgsqlParameter<Guid[]> { TypedValue = [.. wanted.Select(one => one.Offer)] },
                    },
                }
            );
            receivers.Add(async reader => rows.AddRange(await columns.ListAsync(reader)));
        }
    }

    /// <summary>What some offers with dated tranches promised, for those who only look.</summary>
    /// <param name="connection">To the database.</param>
    /// <param name="offers">Roots and ids.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The rows of all offers, in no order.</returns>
    public static async Task<List<IPromisesGpus>> ReadAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<(Guid Root, Guid Offer)> offers,
        CancellationToken cancellation
    )
    {
        var rows = new List<IPromisesGpus>();
        Guid[] roots = [.. offers.Select(one => one.Root)];
        Guid[] ids = [.. offers.Select(one => one.Offer)];
        await AddAsync(GrantsSql, Grants);
        await AddAsync(RequestsSql, Requests);
        await AddAsync(QuotesSql, Quotes);
        return rows;

        async Task AddAsync<TRow>(string sql, RowReader<TRow> columns)
            where TRow : class, IPromisesGpus, new()
        {
            await using var command = new NpgsqlCommand(sql, connection)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid[]> { TypedValue = roots },
                    new NpgsqlParameter<Guid[]> { TypedValue = ids },
                },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            rows.AddRange(await columns.ListAsync(reader, cancellation));
        }
    }

    private static Func<NpgsqlDataReader, Task> Then(Func<NpgsqlDataReader, Task> first, Action next) =>
        async reader =>
        {
            await first(reader);
            next();
        };
}

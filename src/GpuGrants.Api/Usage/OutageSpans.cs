using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Usage;
using Npgsql;

namespace GpuGrants.Api.Usage;

/// <summary>The outages in the lives of the grants that a batch charges: read in one statement, kept up to date by the commands.</summary>
public sealed class OutageSpans : IBatchReads
{
    private const string Sql = """
        select v.grant_id, o.started_at, o.ended_at, o.disputes
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) as v(grant_id, offer_id, since, until)
        cross join lateral (select started_at, ended_at, disputes from outages
            where offer_id = v.offer_id and ended_at > v.since and started_at < v.until offset 0) o
        """;

    private readonly Dictionary<Guid, List<Known>> _known = [];
    private readonly Dictionary<Guid, Grant> _wants = [];
    private readonly List<(Guid OfferId, Known Outage)> _added = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the outages of a grant's offer, unless they were read before.</summary>
    public void Want(Grant grant)
    {
        if (!_known.ContainsKey(grant.Id))
            _wants[grant.Id] = grant;
    }

    /// <summary>The outages in the grant's life, in no order.</summary>
    /// <exception cref="InvalidOperationException">Nobody wanted them: the command's plan and its decision disagree.</exception>
    public IReadOnlyList<UsageSpan> Of(Grant grant) => [.. KnownOf(grant).Select(one => one.Span)];

    /// <summary>Those by which a record was charged: all but those that a dispute kept it out of.</summary>
    /// <param name="grant">The record's grant.</param>
    /// <param name="dispute">The dispute of the record's present version; null for none.</param>
    public IReadOnlyList<UsageSpan> Counted(Grant grant, Guid? dispute) =>
        dispute is { } id ? [.. KnownOf(grant).Where(one => !one.Disputes.Contains(id)).Select(one => one.Span)] : Of(grant);

    /// <summary>An outage that this batch records.</summary>
    /// <param name="span">When it did not serve.</param>
    /// <param name="disputes">The open disputes whose records it leaves as they are.</param>
    public void Add(Guid offerId, UsageSpan span, Guid[] disputes) => _added.Add((offerId, new Known(span, disputes)));

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Keys] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Values.Select(grant => grant.OfferId)] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Values.Select(grant => grant.StartsAt)] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Values.Select(grant => grant.ExpiresAt)] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        foreach (var id in _wants.Keys)
            _known[id] = [];
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[reader.GetGuid(0)]
                .Add(
                    new Known(
                        UsageSpan.Between(reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2)),
                        reader.GetFieldValue<Guid[]>(3)
                    )
                );
    }

    private IEnumerable<Known> KnownOf(Grant grant) =>
        _known.TryGetValue(grant.Id, out var known)
            ? known.Concat(_added.Where(one => one.OfferId == grant.OfferId).Select(one => one.Outage))
            : throw new InvalidOperationException($"The outages of grant {grant.Id} were not planned.");

    private sealed record Known(UsageSpan Span, Guid[] Disputes);
}

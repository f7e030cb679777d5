using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Usage;
using Npgsql;

namespace GpuGrants.Api.Usage;

/// <summary>The outages in the lives of the grants that a batch charges: read in one statement, kept up to date by the commands.</summary>
public sealed class OutageSpans : PendingRows
{
    private const string Sql = """
        select v.grant_id, o.started_at, o.ended_at
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) as v(grant_id, offer_id, since, until)
        cross join lateral (select started_at, ended_at from outages
            where offer_id = v.offer_id and ended_at > v.since and started_at < v.until offset 0) o
        """;

    private readonly Dictionary<Guid, List<UsageSpan>> _known = [];
    private readonly Dictionary<Guid, Grant> _wants = [];
    private readonly List<(Guid OfferId, UsageSpan Span)> _added = [];

    public override bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the outages of a grant's offer, unless they were read before.</summary>
    public void Want(Grant grant)
    {
        if (!_known.ContainsKey(grant.Id))
            _wants[grant.Id] = grant;
    }

    /// <summary>The outages in the grant's life, in no order.</summary>
    /// <exception cref="InvalidOperationException">Nobody wanted them: the command's plan and its decision disagree.</exception>
    public IReadOnlyList<UsageSpan> Of(Grant grant) =>
        _known.TryGetValue(grant.Id, out var known)
            ? [.. known, .. _added.Where(one => one.OfferId == grant.OfferId).Select(one => one.Span)]
            : throw new InvalidOperationException($"The outages of grant {grant.Id} were not planned.");

    /// <summary>An outage that this batch records.</summary>
    public void Add(Guid offerId, UsageSpan span) => _added.Add((offerId, span));

    public override NpgsqlBatchCommand Read() =>
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

    public override async Task TakeAsync(NpgsqlDataReader reader)
    {
        foreach (var id in _wants.Keys)
            _known[id] = [];
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[reader.GetGuid(0)]
                .Add(UsageSpan.Between(reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2)));
    }

    /// <summary>The command inserts the outage itself.</summary>
    public override void AddWrites(NpgsqlBatch batch) { }
}

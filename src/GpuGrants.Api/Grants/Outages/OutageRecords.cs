using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Usage;
using Npgsql;

namespace GpuGrants.Api.Grants.Outages;

/// <summary>
/// The usage records of an offer's grants that lie in an outage, and how many outages the offer has around that time. Both are read inside
/// the transaction that records the outage.
/// </summary>
internal sealed class OutageRecords : IBatchReads
{
    /// <summary>The most that one outage changes.</summary>
    public const int Max = 1_000;

    private static readonly string Sql = $"""
        select v.offer_id, v.since, v.until, u.grant_id, u.id, c.outages
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) as v(root, offer_id, since, until)
        cross join lateral (select count(*)::integer as outages from outages o where o.offer_id = v.offer_id
            and o.ended_at > v.until - interval '183 days' and o.ended_at <= v.until + interval '183 days') c
        left join lateral (select r.grant_id, r.id from grants g join usage_records r on r.grant_id = g.id
            where g.root_programme_id = v.root and g.offer_id = v.offer_id and g.starts_at < v.until
                and coalesce(g.ended_at, g.expires_at) > v.since and r.ended_at > v.since and r.started_at < v.until and r.voided_at is null
            order by r.grant_id, r.started_at, r.id limit {Max + 1}) u on true
        """;

    private readonly Dictionary<OutageKey, List<(Guid GrantId, Guid RecordId)>> _known = [];
    private readonly Dictionary<OutageKey, int> _counts = [];
    private readonly HashSet<OutageKey> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the records; null when they were not read yet.</summary>
    public IReadOnlyList<(Guid GrantId, Guid RecordId)>? Ask(OutageKey key)
    {
        if (_known.TryGetValue(key, out var known))
            return known;
        _wants.Add(key);
        return null;
    }

    /// <summary>How many outages the offer had within half a year before and after this one's end, before this batch.</summary>
    public int CountOf(OutageKey key) => _counts[key];

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(key => key.Root)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(key => key.OfferId)] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Select(key => key.Span.StartedAt)] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Select(key => key.Span.EndedAt)] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        var asked = _wants.ToList();
        foreach (var key in asked)
            _known[key] = [];
        _wants.Clear();
        while (await reader.ReadAsync())
        {
            var span = UsageSpan.Between(reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2));
            var key = asked.First(one => one.OfferId == reader.GetGuid(0) && one.Span == span);
            _counts[key] = reader.GetInt32(5);
            if (!reader.IsDBNull(3))
                _known[key].Add((reader.GetGuid(3), reader.GetGuid(4)));
        }
    }
}

/// <summary>Where an outage looks for records.</summary>
/// <param name="Root">The offer's tree.</param>
/// <param name="Span">The outage's time.</param>
internal readonly record struct OutageKey(Guid Root, Guid OfferId, UsageSpan Span);

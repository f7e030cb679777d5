using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Usage;
using Npgsql;

namespace GpuGrants.Api.Usage;

/// <summary>
/// The GPUs over time of the grants that a batch charges, wherever new records lie: read in one statement, kept up to date by the commands.
/// </summary>
public sealed class UsageProfiles : IBatchReads
{
    // GPUs that a grant gave back are as if somebody used them from then on.
    // "offset 0" keeps the planner from reading the whole of a small table.
    private const string Sql = """
        select v.grant_id, r.started_at, r.ended_at, r.milli_gpus
        from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as v(grant_id, since, until)
        cross join lateral (select u.started_at, u.ended_at, u.milli_gpus from usage_records u
            where u.grant_id = v.grant_id and u.ended_at > v.since and u.started_at < v.until and u.voided_at is null and not u.by_time
            union all select c.cut_at, '9000-01-01', c.gpus * 1000 from grant_gpu_cuts c where c.grant_id = v.grant_id offset 0) r
        """;

    private readonly Dictionary<Guid, (UsageSpan Span, UsageProfile Profile)> _known = [];
    private readonly Dictionary<Guid, UsageSpan> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for what is recorded of a grant in a span, unless it was read before.</summary>
    public void Want(Guid grantId, UsageSpan span)
    {
        if (span.IsEmpty)
        {
            if (!_known.ContainsKey(grantId))
                _known[grantId] = (span, new UsageProfile());
            return;
        }

        if (_known.TryGetValue(grantId, out var known) && known.Span.Within(span) == span)
            return;
        // Nothing was decided yet, so what was read before may be read again as a part of more.
        var all = known.Profile is null ? span : Around(known.Span, span);
        _wants[grantId] = _wants.TryGetValue(grantId, out var wanted) ? Around(wanted, all) : all;
    }

    /// <summary>The grant's profile, to which the caller adds what it takes.</summary>
    /// <exception cref="InvalidOperationException">Nobody wanted it: the command's plan and its decision disagree.</exception>
    public UsageProfile Of(Guid grantId) =>
        _known.TryGetValue(grantId, out var known)
            ? known.Profile
            : throw new InvalidOperationException($"The usage of grant {grantId} was not planned.");

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Keys] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Values.Select(span => span.StartedAt)] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Values.Select(span => span.EndedAt)] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        foreach (var (grantId, span) in _wants)
            _known[grantId] = (span, new UsageProfile());
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[reader.GetGuid(0)]
                .Profile.Add(
                    UsageSpan.Between(reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2)),
                    reader.GetInt32(3)
                );
    }

    private static UsageSpan Around(UsageSpan one, UsageSpan other) =>
        one.IsEmpty ? other : new UsageSpan(Math.Min(one.FromMs, other.FromMs), Math.Max(one.ToMs, other.ToMs));
}

using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Usage;

/// <summary>Adds up all usage records again and compares them with their grants.</summary>
public static class UsageVerifier
{
    private const string Sql = """
        with levels as (
            select grant_id, sum(sum(delta)) over (partition by grant_id, by_time order by at) as level
            from (select grant_id, by_time, started_at as at, milli_gpus as delta from usage_records where voided_at is null
                union all select grant_id, by_time, ended_at, -milli_gpus from usage_records where voided_at is null
                union all select grant_id, false, cut_at, gpus * 1000 from grant_gpu_cuts) edges
            group by grant_id, by_time, at),
        most as (select grant_id, max(level) as level from levels group by grant_id),
        used as (select grant_id, sum(gpu_seconds) as seconds, sum(uncharged_gpu_microseconds) as uncharged from usage_records
            group by grant_id)
        select g.root_programme_id, g.id, g.used_gpu_seconds, coalesce(u.seconds, 0)::bigint,
            coalesce(m.level, 0) > coalesce(g.most_gpus, g.gpus) * 1000::bigint,
            coalesce(u.uncharged, 0) <> g.uncharged_gpu_microseconds
        from grants g left join used u on u.grant_id = g.id left join most m on m.grant_id = g.id
        where coalesce(u.seconds, 0) <> g.used_gpu_seconds or coalesce(m.level, 0) > coalesce(g.most_gpus, g.gpus) * 1000::bigint
            or coalesce(u.uncharged, 0) <> g.uncharged_gpu_microseconds
        order by g.id
        """;

    /// <summary>Verifies the grants of all trees.</summary>
    /// <returns>One finding per grant whose records do not add up, or use more GPUs at one instant than the grant has.</returns>
    public static async Task<List<Finding>> VerifyAsync(NpgsqlConnection connection, CancellationToken cancellation = default)
    {
        await using var command = new NpgsqlCommand(Sql, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(FindingOf, cancellation);
    }

    private static Finding FindingOf(NpgsqlDataReader row)
    {
        var (root, id, used, recorded) = (row.GetGuid(0), row.GetGuid(1), row.GetInt64(2), row.GetInt64(3));
        return new Finding(
            FindingCodes.GrantWrong,
            row.GetBoolean(4) ? $"Grant {id}: its usage records use more GPUs at one moment than the grant has."
                : row.GetBoolean(5) ? $"Grant {id}: its usage records say another uncharged time than the grant."
                : $"Grant {id} says {used} GPU-seconds were used; its usage records say {recorded}.",
            root
        );
    }
}

using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Quotas;

/// <summary>The time zones of programmes, by which policies that name none reckon their calendar windows.</summary>
internal static class ProgrammeZones
{
    /// <summary>Those of these trees, of all when null.</summary>
    public static async Task<Dictionary<Guid, string>> ReadAsync(
        NpgsqlConnection connection,
        TreeId[]? trees,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            "select id, time_zone from programmes where $1 is null or root_programme_id = any($1)",
            connection
        )
        {
            Parameters =
            {
                new()
                {
                    Value = (object?)trees?.Select(tree => tree.Value).ToArray() ?? DBNull.Value,
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid,
                },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var zones = new Dictionary<Guid, string>();
        while (await reader.ReadAsync(cancellation))
            zones[reader.GetGuid(0)] = reader.GetString(1);
        return zones;
    }
}

using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Quotas;

/// <summary>The time zones of programmes, by which policies that name none reckon their calendar windows.</summary>
internal static class ProgrammeZones
{
    private static readonly RowReader<Programme> Zones = RowMap.Of<Programme>().Part(row => new { row.Id, row.TimeZone });

    /// <summary>Those of these trees, of all when null.</summary>
    public static async Task<Dictionary<Guid, string>> ReadAsync(
        NpgsqlConnection connection,
        TreeId[]? trees,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(
            $"select {Zones.Columns("p")} from programmes p where $1 is null or p.root_programme_id = any($1)",
            connection
        )
        {
            Parameters = { QuotaConfigReader.Trees(trees) },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return (await Zones.ListAsync(reader, cancellation)).ToDictionary(row => row.Id, row => row.TimeZone);
    }
}

using GpuGrants.Api.Events;
using GpuGrants.Api.Store;
using GpuGrants.Feed;
using Npgsql;

namespace GpuGrants.Api.Feed;

/// <summary>
/// The feed's statements. Each reads events by tree and number alone, so that events need no further index. A tree's number is read
/// before its events: numbers have no gaps and follow the order of commits, so whatever lies up to it is there.
/// </summary>
internal sealed class FeedSource(NpgsqlDataSource database)
{
    private static readonly RowMap<Event> Map = RowMap.Of<Event>();

    private const string Personal =
        $"'{EventSight.Client}', '{EventSight.Principal}', '{EventSight.WebhookEndpoint}', '{EventSight.Invitation}', '{EventSight.Person}', "
        + $"'{EventSight.Consent}'";

    private const string HeadsSql = """
        select w.root, coalesce(t.event_sequence, 0), e.id
        from unnest($1::uuid[], $2::bigint[]) w (root, sequence)
        left join programme_trees t on t.root_programme_id = w.root
        left join events e on e.root_programme_id = w.root and e.sequence = w.sequence
        """;

    private const string MarksSql = """
        select e.root_programme_id, e.sequence, e.id, e.occurred_at
        from unnest($1::uuid[], $2::bigint[]) w (root, sequence)
        join events e on e.root_programme_id = w.root and e.sequence = w.sequence
        """;

    private const string MomentsSql = """
        select w.root, event_position(w.root, w.moment) from unnest($1::uuid[], $2::timestamptz[]) w (root, moment)
        """;

    /// <summary>How far each tree has come, and the id of the event at each position.</summary>
    public async Task<Dictionary<Guid, (long Head, Guid? Id)>> HeadsAsync(
        IReadOnlyList<(Guid Tree, long Sequence)> at,
        CancellationToken cancellation
    )
    {
        await using var command = Command(HeadsSql, at);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var heads = new Dictionary<Guid, (long, Guid?)>();
        while (await reader.ReadAsync(cancellation))
            heads[reader.GetGuid(0)] = (reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetGuid(2));
        return heads;
    }

    /// <summary>The positions after the events with these numbers. Number 0 is before all events and has none.</summary>
    public async Task<List<FeedPosition>> PositionsAsync(IReadOnlyList<(Guid Tree, long Sequence)> at, CancellationToken cancellation)
    {
        await using var command = Command(MarksSql, at);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(
            row => new FeedPosition(
                row.GetGuid(0),
                row.GetInt64(1),
                row.GetFieldValue<DateTimeOffset>(3).ToUnixTimeMilliseconds(),
                FeedPosition.MarkOf(row.GetGuid(2))
            ),
            cancellation
        );
    }

    /// <summary>The number of each tree's last event before a moment; 0 for none.</summary>
    public async Task<List<(Guid Tree, long Sequence)>> BeforeAsync(
        IReadOnlyList<(Guid Tree, DateTimeOffset Moment)> at,
        CancellationToken cancellation
    )
    {
        await using var command = database.CreateCommand(MomentsSql);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. at.Select(one => one.Tree)] });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. at.Select(one => one.Moment)] });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(row => (row.GetGuid(0), row.GetInt64(1)), cancellation);
    }

    /// <summary>Events of several trees, each from after one number up to another.</summary>
    /// <param name="windows">The trees with the numbers.</param>
    /// <param name="types">Only these types; null for all.</param>
    /// <param name="resource">Only this resource; null for all.</param>
    /// <param name="organizations">Only of these organizations, and of clients, roles, invitations and people; null for all.</param>
    /// <param name="max">The most of each tree.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Each tree's events in their order.</returns>
    public async Task<List<Event>> ReadAsync(
        IReadOnlyList<FeedWindow> windows,
        string[]? types,
        string? resource,
        Guid[]? organizations,
        int max,
        CancellationToken cancellation
    )
    {
        await using var command = database.CreateCommand(SqlOf(types is not null, resource is not null, organizations is not null));
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. windows.Select(one => one.Tree)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. windows.Select(one => one.After)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. windows.Select(one => one.UpTo)] });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
        if (types is not null)
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = types });
        if (resource is not null)
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = resource });
        if (organizations is not null)
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = organizations });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await Map.ListAsync(reader, cancellation);
    }

    private static string SqlOf(bool hasTypes, bool hasResource, bool hasOrganizations)
    {
        var number = 4;
        var types = hasTypes ? $" and e.type = any(${++number})" : "";
        var resource = hasResource ? $" and e.resource_id = ${++number}" : "";
        var organizations = hasOrganizations ? $" and (e.organization_id = any(${++number}) or e.resource_type in ({Personal}))" : "";
        return $"""
            select {Map.Columns("r")}
            from unnest($1::uuid[], $2::bigint[], $3::bigint[]) w (root, after, up_to)
            cross join lateral (
                select {Map.Columns("e")} from events e
                where e.root_programme_id = w.root and e.sequence > w.after and e.sequence <= w.up_to{types}{resource}{organizations}
                order by e.sequence limit $4
            ) r
            order by r.root_programme_id, r.sequence
            """;
    }

    private NpgsqlCommand Command(string sql, IReadOnlyList<(Guid Tree, long Sequence)> at)
    {
        var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. at.Select(one => one.Tree)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. at.Select(one => one.Sequence)] });
        return command;
    }
}

/// <summary>The numbers of a tree that one look examines.</summary>
internal readonly record struct FeedWindow(Guid Tree, long After, long UpTo);

using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.People.Portals;

/// <summary>For how many people partners vouch in programmes, as each command of a batch sees it.</summary>
/// <remarks>The platform's tree is locked by whoever adds people, so what was counted holds until the commit.</remarks>
public sealed class VouchedPeople : IBatchReads
{
    /// <summary>The time over which people per day are counted.</summary>
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private const string Sql = """
        select v.partner, v.programme,
            (select count(*) from partner_people p
             where p.vouched and p.partner_id = v.partner and p.programme_id = v.programme and p.status <> 'removed'),
            (select count(*) from partner_people p
             where p.vouched and p.partner_id = v.partner and p.programme_id = v.programme and p.vouched_at > v.since)
        from (select unnest($1) as partner, unnest($2) as programme, unnest($3) as since) v
        """;

    private readonly Dictionary<(Guid Partner, Guid Programme), VouchedCount> _known = [];
    private readonly Dictionary<(Guid Partner, Guid Programme), DateTimeOffset> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the counts.</summary>
    public void Want(Guid partner, Guid programme, DateTimeOffset at)
    {
        if (!_known.ContainsKey((partner, programme)))
            _wants[(partner, programme)] = at - Day;
    }

    /// <summary>The counts; commands add to them what they add.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted them.</exception>
    public VouchedCount Of(Guid partner, Guid programme) => _known[(partner, programme)];

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Keys.Select(one => one.Partner)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Keys.Select(one => one.Programme)] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Values] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync())
            _known[(reader.GetGuid(0), reader.GetGuid(1))] = new VouchedCount { InAll = reader.GetInt64(2), LastDay = reader.GetInt64(3) };
        _wants.Clear();
    }
}

/// <summary>For how many people a partner vouches in a programme.</summary>
public sealed class VouchedCount
{
    /// <summary>Those it removed are not counted.</summary>
    public long InAll { get; set; }

    /// <summary>Those of the last 24 hours, removed or not.</summary>
    public long LastDay { get; set; }
}

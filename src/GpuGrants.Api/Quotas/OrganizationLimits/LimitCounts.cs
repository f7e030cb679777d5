using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Quotas.OrganizationLimits;

/// <summary>
/// How many limits of their own organizations have, as each command of a batch sees it. Limits change under the configuration lock,
/// held alone, so what was counted holds until the commit.
/// </summary>
public sealed class LimitCounts : IBatchReads
{
    private const string Sql = """
        select o.id,
            count(distinct v.policy_id) filter (where v.status = 'published'),
            count(v.policy_id) filter (where v.created_at > $2)
        from unnest($1) as o(id)
        left join quota_policies p on p.organization_id = o.id
        left join quota_policy_versions v on v.root_programme_id = p.root_programme_id and v.policy_id = p.id
        group by o.id
        """;

    private readonly Dictionary<Guid, LimitCount> _known = [];
    private readonly HashSet<Guid> _wants = [];
    private DateTimeOffset _since;

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for what an organization has.</summary>
    /// <param name="organization">The organization.</param>
    /// <param name="at">The moment of the decision: changes of the 24 hours before it count.</param>
    public void Want(Guid organization, DateTimeOffset at)
    {
        _since = at.AddHours(-24);
        if (!_known.ContainsKey(organization))
            _wants.Add(organization);
    }

    /// <summary>What the organization has; commands count here what they change.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it.</exception>
    public LimitCount Of(Guid organization) => _known[organization];

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants] },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = _since },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync())
            _known[reader.GetGuid(0)] = new LimitCount { InForce = reader.GetInt64(1), Changes = reader.GetInt64(2) };
        _wants.Clear();
    }
}

/// <summary>The limits of one organization.</summary>
public sealed class LimitCount
{
    /// <summary>Limits that have not ended.</summary>
    public long InForce { get; set; }

    /// <summary>Versions that were made within 24 hours.</summary>
    public long Changes { get; set; }
}

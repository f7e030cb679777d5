using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Access;

/// <summary>
/// What people and principals have, as each command of a batch sees it. The platform's tree is locked by whoever changes it, so what was
/// counted holds until the commit.
/// </summary>
public sealed class Holdings : IBatchReads
{
    private const string Sql = $"""
        select v.id,
            (select count(distinct r.resource_id)
             from principals p
             join role_assignments r on r.principal_id = p.id and r.role = '{Roles.OrganizationOwner}'
             join organizations o on o.id = r.resource_id and o.status <> 'closed'
             where p.person_id = v.id),
            (select count(*) from api_clients c where c.principal_id = v.id and c.status = 'active' and c.expires_at is null),
            array(select c.expires_at from api_clients c
                where c.principal_id = v.id and c.status = 'active' and c.expires_at is not null),
            (select count(*) from linked_identities l where l.person_id = v.id and l.until is null),
            (select count(*) from principals p where p.person_id = v.id and p.id <> v.id
                and exists (select from role_assignments r where r.principal_id = p.id))
        from unnest($1) as v(id)
        """;

    private readonly Dictionary<Guid, Holding> _known = [];
    private readonly HashSet<Guid> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for what a person or a principal has.</summary>
    public void Want(Guid id)
    {
        if (!_known.ContainsKey(id))
            _wants.Add(id);
    }

    /// <summary>What the person or principal has; commands count here what they add.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it.</exception>
    public Holding Of(Guid id) => _known[id];

    /// <summary>Somebody new has nothing yet.</summary>
    public void Begin(Guid id) => _known.TryAdd(id, new Holding());

    public NpgsqlBatchCommand Read() => new(Sql) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants] } } };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync())
            _known[reader.GetGuid(0)] = new Holding
            {
                Organizations = reader.GetInt64(1),
                Clients = reader.GetInt64(2),
                ClientEnds = reader.GetFieldValue<DateTimeOffset[]>(3),
                Identities = reader.GetInt64(4),
                Programs = reader.GetInt64(5),
            };
        _wants.Clear();
    }
}

/// <summary>How much somebody has.</summary>
public sealed class Holding
{
    /// <summary>Organizations that are not closed, of which the person is an owner.</summary>
    public long Organizations { get; set; }

    /// <summary>Clients of the principal that are not revoked and have no end, with all that the batch has made.</summary>
    public long Clients { get; set; }

    /// <summary>The ends of those that have one.</summary>
    public IReadOnlyList<DateTimeOffset> ClientEnds { get; init; } = [];

    /// <summary>Clients of the principal that may call at the moment.</summary>
    public long ClientsAt(DateTimeOffset at) => Clients + ClientEnds.Count(end => end > at);

    /// <summary>Subjects of trusted issuers that are linked to the person now.</summary>
    public long Identities { get; set; }

    /// <summary>Other principals that act for the person and have a role.</summary>
    public long Programs { get; set; }
}

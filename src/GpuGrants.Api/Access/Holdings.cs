using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Access;

/// <summary>
/// What people and principals have, as each command of a batch sees it. The platform's tree is locked by whoever changes it, so what was
/// counted holds until the commit.
/// </summary>
public sealed class Holdings : PendingRows
{
    private const string Sql = $"""
        select v.id,
            (select count(distinct r.resource_id)
             from principals p
             join role_assignments r on r.principal_id = p.id and r.role = '{Roles.OrganizationOwner}'
             join organizations o on o.id = r.resource_id and o.status <> 'closed'
             where p.person_id = v.id),
            (select count(*) from api_clients c where c.principal_id = v.id and c.status = 'active'),
            (select count(*) from linked_identities l where l.person_id = v.id and l.until is null)
        from unnest($1) as v(id)
        """;

    private readonly Dictionary<Guid, Holding> _known = [];
    private readonly HashSet<Guid> _wants = [];

    public override bool HasWants => _wants.Count > 0;

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

    public override NpgsqlBatchCommand Read() => new(Sql) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants] } } };

    public override async Task TakeAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync())
            _known[reader.GetGuid(0)] = new Holding
            {
                Organizations = reader.GetInt64(1),
                Clients = reader.GetInt64(2),
                Identities = reader.GetInt64(3),
            };
        _wants.Clear();
    }

    public override void AddWrites(NpgsqlBatch batch) { }
}

/// <summary>How much somebody has.</summary>
public sealed class Holding
{
    /// <summary>Organizations that are not closed, of which the person is an owner.</summary>
    public long Organizations { get; set; }

    /// <summary>Clients of the principal that are not revoked.</summary>
    public long Clients { get; set; }

    /// <summary>Subjects of trusted issuers that are linked to the person now.</summary>
    public long Identities { get; set; }
}

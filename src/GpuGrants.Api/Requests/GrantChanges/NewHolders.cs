using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>Members to whom grants are handed, read inside the transaction that hands them on.</summary>
internal sealed class NewHolders : IBatchReads
{
    private const string Sql = $"""
        select v.member, v.organization, (
            select p.person_id from principals p join principals h on h.id = p.person_id
            where p.id = v.member and p.status = 'active' and h.status = 'active' and exists (
                select from role_assignments a where a.principal_id = p.id and a.resource_id = v.organization
                    and a.role in ('{Roles.OrganizationOwner}', '{Roles.OrganizationMember}')))
        from unnest($1::uuid[], $2::uuid[]) as v(member, organization)
        """;

    private readonly Dictionary<(Guid Member, Guid Organization), Guid?> _known = [];
    private readonly HashSet<(Guid Member, Guid Organization)> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks whether a principal belongs to an organization.</summary>
    public void Want(Guid member, Guid organization)
    {
        if (!_known.ContainsKey((member, organization)))
            _wants.Add((member, organization));
    }

    /// <summary>The person behind a member; null for whoever does not belong to the organization, or may not act.</summary>
    public Guid? PersonOf(Guid member, Guid organization) => _known.GetValueOrDefault((member, organization));

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(one => one.Member)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(one => one.Organization)] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[(reader.GetGuid(0), reader.GetGuid(1))] = reader.IsDBNull(2) ? null : reader.GetGuid(2);
    }
}

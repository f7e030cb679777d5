using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>Members to whom grants are handed, read inside the transaction that hands them on.</summary>
internal sealed class NewHolders : ReadByKey<(Guid Member, Guid Organization), Guid?>
{
    private const string Text = $"""
        select v.member, v.organization, (
            select p.person_id from principals p join principals h on h.id = p.person_id
            where p.id = v.member and p.status = 'active' and h.status = 'active' and exists (
                select from role_assignments a where a.principal_id = p.id and a.resource_id = v.organization
                    and a.role in ('{Roles.OrganizationOwner}', '{Roles.OrganizationMember}')))
        from unnest($1::uuid[], $2::uuid[]) as v(member, organization)
        """;

    protected override string Sql => Text;

    /// <summary>Asks whether a principal belongs to an organization.</summary>
    public void Want(Guid member, Guid organization) => Find((member, organization));

    /// <summary>The person behind a member; null for whoever does not belong to the organization, or may not act.</summary>
    public Guid? PersonOf(Guid member, Guid organization) => IsKnown((member, organization)) ? Of((member, organization))[0] : null;

    protected override void AddKeys(NpgsqlParameterCollection parameters, HashSet<(Guid Member, Guid Organization)> keys)
    {
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. keys.Select(one => one.Member)] });
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. keys.Select(one => one.Organization)] });
    }

    protected override ((Guid Member, Guid Organization) Key, Guid? Found) Read(NpgsqlDataReader row) =>
        ((row.GetGuid(0), row.GetGuid(1)), row.IsDBNull(2) ? null : row.GetGuid(2));
}

using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Requests.Lives;

/// <summary>Members to whom grants are handed, read inside the transaction that hands them on.</summary>
internal sealed class NewHolders : Lookups<(Guid Member, Guid Organization), Guid?>
{
    private const string Sql = $"""
        select v.member, v.organization, (
            select p.person_id from principals p join principals h on h.id = p.person_id
            where p.id = v.member and p.status = 'active' and h.status = 'active' and exists (
                select from role_assignments a where a.principal_id = p.id and a.resource_id = v.organization
                    and a.role in ('{Roles.OrganizationOwner}', '{Roles.OrganizationMember}')))
        from unnest($1::uuid[], $2::uuid[]) as v(member, organization)
        """;

    /// <summary>Asks whether a principal belongs to an organization.</summary>
    public void Want(Guid member, Guid organization) => Ask((member, organization));

    /// <summary>The person behind a member; null for whoever does not belong to the organization, or may not act.</summary>
    public Guid? PersonOf(Guid member, Guid organization) => Found((member, organization));

    protected override NpgsqlBatchCommand Read(IReadOnlyCollection<(Guid Member, Guid Organization)> keys) =>
        new(Sql) { Parameters = { Each(keys.Select(one => one.Member)), Each(keys.Select(one => one.Organization)) } };

    protected override void Take(NpgsqlDataReader row) => Know((row.GetGuid(0), row.GetGuid(1)), row.IsDBNull(2) ? null : row.GetGuid(2));
}

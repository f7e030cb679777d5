using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Consents;

/// <summary>
/// The consents that an owner gave for an organization. They end with the ownership: requests by them count for whoever gave them, and only
/// owners answer for the organization. Consents and roles change under the platform's lock, so what was read holds until the commit.
/// </summary>
internal sealed class GivenConsents() : Lookups<(Guid Organization, Guid Giver), List<Guid>>(_ => [])
{
    private const string Sql = """
        select v.organization, v.giver, c.id
        from (select unnest($1) as organization, unnest($2) as giver) v
            join consents c on c.organization_id = v.organization and c.given_by = v.giver and c.status = 'active'
        """;

    /// <summary>Asks for the consents, and for their rows once it is known which they are. The organization's row is wanted too.</summary>
    public void Plan(BatchState batch, Guid organization, Guid giver)
    {
        batch.Rows<Organization>().Want(new RowKey(organization));
        if (Ask((organization, giver), out var ids))
            ids.ForEach(id => batch.Rows<Consent>().Want(new RowKey(id)));
    }

    /// <summary>Ends those that are in force still.</summary>
    /// <exception cref="InvalidOperationException">Nobody planned it.</exception>
    public void End(BatchState batch, Actor actor, Guid organization, Guid giver)
    {
        foreach (var id in Found((organization, giver)))
            if (batch.Rows<Consent>().Find(new RowKey(id)) is { Status: ConsentStatus.Active } row)
                ConsentEnd.End(batch, row, actor);
    }

    protected override NpgsqlBatchCommand Read(IReadOnlyCollection<(Guid Organization, Guid Giver)> keys) =>
        new(Sql) { Parameters = { Each(keys.Select(one => one.Organization)), Each(keys.Select(one => one.Giver)) } };

    protected override void Take(NpgsqlDataReader row) => Found((row.GetGuid(0), row.GetGuid(1))).Add(row.GetGuid(2));
}

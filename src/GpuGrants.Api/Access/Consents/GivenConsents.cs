using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Consents;

/// <summary>
/// The consents that an owner gave for an organization. They end with the ownership: requests by them count for whoever gave them, and only
/// owners answer for the organization. Consents and roles change under the lock of the platform's tree, so what was read holds until the
/// commit.
/// </summary>
internal sealed class GivenConsents : ReadByKey<(Guid Organization, Guid Giver), Guid>
{
    private const string Text = """
        select v.organization, v.giver, c.id
        from (select unnest($1) as organization, unnest($2) as giver) v
            join consents c on c.organization_id = v.organization and c.given_by = v.giver and c.status = 'active'
        """;

    protected override string Sql => Text;

    /// <summary>Asks for the consents, and for their rows once it is known which they are. The organization's row is wanted too.</summary>
    public void Plan(BatchState batch, Guid organization, Guid giver)
    {
        batch.Rows<Organization>().Want(new RowKey(organization));
        foreach (var id in Find((organization, giver)) ?? [])
            batch.Rows<Consent>().Want(new RowKey(id));
    }

    /// <summary>Ends those that are in force still. The caller records the organization, which may lose its partner.</summary>
    /// <exception cref="KeyNotFoundException">Nobody planned it.</exception>
    public void End(BatchState batch, Actor actor, Guid organization, Guid giver)
    {
        foreach (var id in Of((organization, giver)))
            if (batch.Rows<Consent>().Find(new RowKey(id)) is { Status: ConsentStatus.Active } row)
                ConsentEnd.EndAlone(batch, row, actor);
    }

    protected override void AddKeys(NpgsqlParameterCollection parameters, HashSet<(Guid Organization, Guid Giver)> keys)
    {
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. keys.Select(one => one.Organization)] });
        parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. keys.Select(one => one.Giver)] });
    }

    protected override ((Guid Organization, Guid Giver) Key, Guid Found) Read(NpgsqlDataReader row) =>
        ((row.GetGuid(0), row.GetGuid(1)), row.GetGuid(2));
}

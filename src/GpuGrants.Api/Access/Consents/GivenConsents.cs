using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Consents;

/// <summary>
/// The consents that an owner gave for an organization. They end with the ownership: requests by them count for whoever gave them, and only
/// owners answer for the organization. Consents and roles change under the lock of the platform's tree, so what was read holds until the
/// commit.
/// </summary>
internal sealed class GivenConsents : IBatchReads
{
    private const string Sql = """
        select v.organization, v.giver, c.id
        from (select unnest($1) as organization, unnest($2) as giver) v
            join consents c on c.organization_id = v.organization and c.given_by = v.giver and c.status = 'active'
        """;

    private readonly Dictionary<(Guid Organization, Guid Giver), List<Guid>> _known = [];
    private readonly HashSet<(Guid Organization, Guid Giver)> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the consents, and for their rows once it is known which they are. The organization's row is wanted too.</summary>
    public void Plan(BatchState batch, Guid organization, Guid giver)
    {
        batch.Rows<Organization>().Want(new RowKey(organization));
        if (!_known.TryGetValue((organization, giver), out var ids))
            _wants.Add((organization, giver));
        else
            ids.ForEach(id => batch.Rows<Consent>().Want(new RowKey(id)));
    }

    /// <summary>Ends those that are in force still. The caller records the organization, which may lose its partner.</summary>
    /// <exception cref="KeyNotFoundException">Nobody planned it.</exception>
    public void End(BatchState batch, Actor actor, Guid organization, Guid giver)
    {
        foreach (var id in _known[(organization, giver)])
            if (batch.Rows<Consent>().Find(new RowKey(id)) is { Status: ConsentStatus.Active } row)
                ConsentEnd.EndAlone(batch, row, actor);
    }

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(one => one.Organization)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(one => one.Giver)] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        foreach (var want in _wants)
            _known[want] = [];
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[(reader.GetGuid(0), reader.GetGuid(1))].Add(reader.GetGuid(2));
    }
}

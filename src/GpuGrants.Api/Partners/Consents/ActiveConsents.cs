using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>Which consent a partner has of an organization or person, as each command of a batch sees it.</summary>
/// <remarks>The platform's tree is locked by whoever changes consents, so what was read holds until the commit.</remarks>
public sealed class ActiveConsents : IBatchReads
{
    private const string Sql = """
        select v.partner, v.whom, c.id
        from (select unnest($1) as partner, unnest($2) as whom) v
            left join lateral (
                select c.id from consents c
                where c.status = 'active' and c.partner_id = v.partner and (c.organization_id = v.whom or c.person_id = v.whom)
                limit 1) c on true
        """;

    private readonly Dictionary<(Guid Partner, Guid Whom), Guid?> _known = [];
    private readonly HashSet<(Guid Partner, Guid Whom)> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the consent; and for its row, once it is known which it is.</summary>
    public void Want(BatchState batch, Guid partner, Guid whom)
    {
        if (!_known.TryGetValue((partner, whom), out var id))
            _wants.Add((partner, whom));
        else if (id is { } consent)
            batch.Rows<Consent>().Want(new RowKey(consent));
    }

    /// <summary>The consent; null when there is none.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it.</exception>
    public Guid? Of(Guid partner, Guid whom) => _known[(partner, whom)];

    /// <summary>
    /// The consent that is in force at the moment of the batch. One whose own end has come ends here. Its organization may lose its partner
    /// by that: whoever gives another consent sets the partner again and records the organization once.
    /// </summary>
    /// <returns>Null when the partner may be given another.</returns>
    /// <exception cref="KeyNotFoundException">Nobody wanted it.</exception>
    internal Consent? InForceOrEnded(BatchState batch, Actor actor, Guid partner, Guid whom)
    {
        if (Of(partner, whom) is not { } id || batch.Rows<Consent>().Find(new RowKey(id)) is not { Status: ConsentStatus.Active } present)
            return null;
        if (present.IsInForce(batch.Tree(TreeId.Platform).At))
            return present;
        ConsentEnd.EndAlone(batch, present, actor);
        return null;
    }

    /// <summary>There is another from now on.</summary>
    public void Set(Guid partner, Guid whom, Guid consent) => _known[(partner, whom)] = consent;

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(one => one.Partner)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(one => one.Whom)] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync())
            _known[(reader.GetGuid(0), reader.GetGuid(1))] = reader.IsDBNull(2) ? null : reader.GetGuid(2);
        _wants.Clear();
    }
}

using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>Which consent a partner has of an organization or person, as each command of a batch sees it.</summary>
/// <remarks>The platform's tree is locked by whoever changes consents, so what was read holds until the commit.</remarks>
public sealed class ActiveConsents : Lookups<(Guid Partner, Guid Whom), Guid?>
{
    private const string Sql = """
        select v.partner, v.whom, c.id
        from (select unnest($1) as partner, unnest($2) as whom) v
            left join lateral (
                select c.id from consents c
                where c.status = 'active' and c.partner_id = v.partner and (c.organization_id = v.whom or c.person_id = v.whom)
                limit 1) c on true
        """;

    /// <summary>Asks for the consent; and for its row, once it is known which it is.</summary>
    public void Want(BatchState batch, Guid partner, Guid whom)
    {
        if (Ask((partner, whom), out var id) && id is { } consent)
            batch.Rows<Consent>().Want(new RowKey(consent));
    }

    /// <summary>The consent; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">Nobody wanted it.</exception>
    public Guid? Of(Guid partner, Guid whom) => Found((partner, whom));

    /// <summary>The consent that is in force at the moment of the batch. One whose own end has come ends here.</summary>
    /// <returns>Null when the partner may be given another.</returns>
    /// <exception cref="InvalidOperationException">Nobody wanted it.</exception>
    internal Consent? InForceOrEnded(BatchState batch, Actor actor, Guid partner, Guid whom)
    {
        if (Of(partner, whom) is not { } id || batch.Rows<Consent>().Find(new RowKey(id)) is not { Status: ConsentStatus.Active } present)
            return null;
        if (present.IsInForce(batch.Tree(TreeId.Platform).At))
            return present;
        ConsentEnd.End(batch, present, actor);
        return null;
    }

    /// <summary>There is another from now on.</summary>
    public void Set(Guid partner, Guid whom, Guid consent) => Know((partner, whom), consent);

    protected override NpgsqlBatchCommand Read(IReadOnlyCollection<(Guid Partner, Guid Whom)> keys) =>
        new(Sql) { Parameters = { Each(keys.Select(one => one.Partner)), Each(keys.Select(one => one.Whom)) } };

    protected override void Take(NpgsqlDataReader row) => Know((row.GetGuid(0), row.GetGuid(1)), row.IsDBNull(2) ? null : row.GetGuid(2));
}

using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Partners.Consents;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People.Portals;

/// <summary>Removes somebody whom a partner signed up, and ends every consent by which it acts for them.</summary>
internal sealed class RemovePartnerPerson : Command<PartnerPerson>
{
    public required Guid PersonRowId { get; init; }

    /// <summary>Whether the caller ends a consent as one of the partner's own people.</summary>
    public required Func<Consent, bool> IsByPartner { get; init; }

    public override void PlanAhead(BatchState batch) => batch.Rows<PartnerPerson>().Want(new RowKey(PersonRowId));

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        if (!batch.Rows<PartnerPerson>().TryRead(new RowKey(PersonRowId), out var row) || row is null)
            return;
        PartnerPeople.PlanReturn(batch, row);
        if (row.PersonId is { } person)
            batch.Table<ActiveConsents>().Want(batch, row.PartnerId, person);
    }

    public override Outcome<PartnerPerson> Decide(BatchState batch)
    {
        var row = batch.Rows<PartnerPerson>().Find(new RowKey(PersonRowId))!;
        if (row.Status == PartnerPerson.Removed)
            return row;
        // Those in force now: somebody may have given one since the call came.
        foreach (var whom in (Guid?[])[row.OrganizationId, row.PersonId])
            if (
                whom is { } one
                && batch.Table<ActiveConsents>().Of(row.PartnerId, one) is { } id
                && batch.Rows<Consent>().Find(new RowKey(id)) is { Status: ConsentStatus.Active } consent
            )
                ConsentEnd.End(batch, consent, Actor, IsByPartner(consent));
        (row.Status, row.RemovedAt) = (PartnerPerson.Removed, batch.Tree(Tree).At);
        PartnerPeople.Changed(batch, Actor, row, PartnerPersonEvents.Removed);
        return row;
    }
}

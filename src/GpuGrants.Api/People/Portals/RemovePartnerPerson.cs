using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Partners.Consents;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People.Portals;

/// <summary>Removes somebody whom a partner signed up, and ends every consent by which it acts for them.</summary>
internal sealed class RemovePartnerPerson : Command<PartnerPerson>
{
    public required Guid PersonRowId { get; init; }

    /// <summary>The partner's consents of the person and their organization, as the endpoint found them.</summary>
    public required IReadOnlyList<Guid> Consents { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<PartnerPerson>().Want(new RowKey(PersonRowId));
        foreach (var consent in Consents)
            batch.Rows<Consent>().Want(new RowKey(consent));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        if (!batch.Rows<PartnerPerson>().TryRead(new RowKey(PersonRowId), out var row) || row is null)
            return;
        if (row.ConsentId is { } consent)
            batch.Rows<Consent>().Want(new RowKey(consent));
        if (row.OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override Outcome<PartnerPerson> Decide(BatchState batch)
    {
        var row = batch.Rows<PartnerPerson>().Find(new RowKey(PersonRowId))!;
        if (row.Status == PartnerPerson.Removed)
            return row;
        var consents = row.ConsentId is { } own ? Consents.Append(own).Distinct() : Consents;
        foreach (var id in consents)
            if (batch.Rows<Consent>().Find(new RowKey(id)) is { Status: ConsentStatus.Active } consent)
                EndConsent.End(batch, consent, Actor, Tree);
        (row.Status, row.RemovedAt) = (PartnerPerson.Removed, batch.Tree(Tree).At);
        PartnerPeople.Changed(batch, Actor, row, PartnerPersonEvents.Removed);
        return row;
    }
}

using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People;

/// <summary>Lifts suspensions: those of a person, or those that came with an organization, and the organization's own.</summary>
internal sealed class LiftSuspensions : Command<SuspensionView>
{
    /// <summary>Those that were open when the endpoint looked.</summary>
    public required IReadOnlyList<Guid> SuspensionIds { get; init; }

    public Guid? OrganizationId { get; init; }

    public override void Plan(BatchState batch)
    {
        foreach (var id in SuspensionIds)
            batch.Rows<Suspension>().Want(new RowKey(id));
        // First, so that suspensions are written before principals are looked at.
        batch.Rows<Suspension>();
        batch.Table<StandingOfPeople>();
        if (OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override Outcome<SuspensionView> Decide(BatchState batch)
    {
        var rows = batch.Rows<Suspension>();
        var open = SuspensionIds.Select(one => rows.Find(new RowKey(one))!).Where(row => row.LiftedAt is null).ToList();
        var organization = OrganizationId is { } id ? batch.Rows<Organization>().Find(new RowKey(id)) : null;
        if (organization is null ? open.Count == 0 : organization.Status != "suspended")
            return Refusal.Conflict("not-suspended", "Nothing is suspended here.");
        foreach (var row in open)
        {
            (row.LiftedAt, row.LiftedBy) = (batch.Tree(Tree).At, Actor.PrincipalId);
            rows.Update(row);
            batch.Table<StandingOfPeople>().Refresh(row.PersonId);
            batch.Happened(Tree, Actor, PersonEvents.SuspensionLifted, new PersonData(row.PersonId));
        }

        if (organization is not null)
            SuspensionEndpoints.SetStatus(batch, Actor, organization, "active");
        return new SuspensionView([.. open.Select(row => row.PersonId).Distinct()], OrganizationId);
    }
}

using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People;

/// <summary>Suspends a person, or an organization with the people who own it at that moment.</summary>
internal sealed class SuspendPeople : Command<SuspensionView>
{
    /// <summary>The person; null for the owners of the organization.</summary>
    public Guid? PersonId { get; init; }

    public Guid? OrganizationId { get; init; }

    public required string Reason { get; init; }

    public override void Plan(BatchState batch)
    {
        if (OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override Outcome<SuspensionView> Decide(BatchState batch)
    {
        var row = OrganizationId is { } id ? batch.Rows<Organization>().Find(new RowKey(id)) : null;
        // Not alone: it was not active a moment ago, when the call came.
        if (OrganizationId is not null && (!RunsAlone || row is not { Status: OrganizationStatus.Active }))
            return OrganizationChange.NotActive();
        Guid[] people = PersonId is { } person ? [person] : row!.OwnerIds;
        if (people.Contains(Actor.Person))
            return Refusal.Conflict("own-role", "Nobody suspends themselves. Ask another administrator.");
        var at = batch.Tree(Tree).At;
        foreach (var one in people)
            Suspend(batch, one, at);
        if (row is not null)
            SuspensionEndpoints.SetStatus(batch, Actor, row, OrganizationStatus.Suspended);
        return new SuspensionView(people, OrganizationId);
    }

    private void Suspend(BatchState batch, Guid person, DateTimeOffset at)
    {
        batch
            .Rows<Suspension>()
            .Insert(
                new Suspension
                {
                    Id = Guid.CreateVersion7(at),
                    PersonId = person,
                    OrganizationId = OrganizationId,
                    Reason = Reason,
                    AuthorId = Actor.PrincipalId,
                    ClientId = Actor.ClientId,
                    CreatedAt = at,
                }
            );
        batch.Statement<StandingOfPeople>().Refresh(person);
        batch.AuthorityChanged.Add(person);
        batch.RecordEvent(Tree, Actor, PersonEvents.Suspended, new PersonData(person));
    }
}

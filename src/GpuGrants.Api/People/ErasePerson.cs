using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People;

/// <summary>
/// Forgets a person. The id, the keyed hash of the address and whatever grew under the id stay, so that nobody gets new limits by leaving.
/// </summary>
internal sealed class ErasePerson : Command<Guid>
{
    /// <summary>What an organization of one is called when its person is gone.</summary>
    private const string ErasedName = "Erased";

    private static readonly string[] KindsOfOne = ["individual", "student"];

    public required Guid PersonId { get; init; }

    /// <summary>As the endpoint read it. The caller's authority proves that the roles are still these.</summary>
    public required LeavingPerson Leaving { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Principal>().Want(new RowKey(PersonId));
        batch.Rows<PersonRow>().Want(new RowKey(PersonId));
        foreach (var id in Leaving.SoleOwned)
            batch.Rows<Organization>().Want(new RowKey(id));
        foreach (var id in Leaving.Clients)
            batch.Rows<ApiClient>().Want(new RowKey(id));
        foreach (var id in Leaving.Roles)
            batch.Rows<RoleAssignment>().Want(new RowKey(id));
        foreach (var hash in Leaving.Identities)
            batch.Rows<LinkedIdentity>().Want(RowKey.Of(hash));
        foreach (var (organization, verification) in Leaving.Verified)
        {
            batch.Rows<Organization>().Want(new RowKey(organization));
            new VerificationBook(verification).Plan(batch);
        }
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        Confirmations.Plan(batch, PersonId);
    }

    public override Outcome<Guid> Decide(BatchState batch)
    {
        if (Leaving.Busy.Count > 0)
            return Refusal.Conflict(
                "sole-owner",
                $"You alone own {string.Join(", ", Leaving.Busy)}, with open grants or requests. End them first, or add another owner."
            );
        if (batch.Rows<PersonRow>().Find(new RowKey(PersonId)) is not { Status: PersonRow.Active } person)
            return Refusal.NotFound;
        var at = batch.Tree(Tree).At;
        Unprove(batch);
        CloseOrganizations(batch);
        foreach (var id in Leaving.Roles)
            if (batch.Rows<RoleAssignment>().Find(new RowKey(id)) is { } role)
                Memberships.End(batch, Actor, role);
        RevokeClients(batch, at);
        if (person.ConfirmationId is not null)
            Confirmations.End(batch, Actor, person, MinorConfirmation.Erased);
        (person.BirthYear, person.OfAge) = (null, null);
        (person.MutedMail, person.MailRefusedAt) = ([], null);
        batch.Table<WaitingMail>().Forget(PersonId);
        (person.Email, person.Name, person.Language, person.Status) = (null, null, null, PersonRow.Erased);
        person.Version++;
        person.UpdatedAt = at;
        batch.Rows<PersonRow>().Update(person);
        NewPerson.Happened(batch, PersonId, PersonEvents.Erased);
        return PersonId;
    }

    /// <summary>What linked subjects showed is shown no more.</summary>
    private void Unprove(BatchState batch)
    {
        foreach (var hash in Leaving.Identities)
            if (batch.Rows<LinkedIdentity>().Find(RowKey.Of(hash)) is { Until: null } row)
                row.Unlink(batch, Actor);
        foreach (var (id, verification) in Leaving.Verified)
        {
            var row = batch.Rows<Organization>().Find(new RowKey(id))!;
            if (new VerificationBook(verification).FallWithOwner(batch, Actor, row, PersonId))
                OrganizationChange.Record(batch, Actor, row, OrganizationEvents.Updated);
        }
    }

    private void CloseOrganizations(BatchState batch)
    {
        foreach (var id in Leaving.SoleOwned)
        {
            if (batch.Rows<Organization>().Find(new RowKey(id)) is not { } row || row.Status == OrganizationStatus.Closed)
                continue;
            row.Status = OrganizationStatus.Closed;
            if (KindsOfOne.Contains(row.Kind))
                row.Name = ErasedName;
            OrganizationChange.Record(batch, Actor, row, OrganizationEvents.Closed);
        }
    }

    private void RevokeClients(BatchState batch, DateTimeOffset at)
    {
        foreach (var id in Leaving.Clients)
        {
            if (batch.Rows<ApiClient>().Find(new RowKey(id)) is not { Status: "active" } row)
                continue;
            (row.Status, row.Name) = ("revoked", ErasedName);
            row.Version++;
            row.UpdatedAt = at;
            batch.Rows<ApiClient>().Update(row);
            batch.Happened(Tree, Actor, AccessEvents.ClientRevoked, new ClientData(row.ClientId, row.OrganizationId));
        }
    }
}

using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
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

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Principal>().Want(new RowKey(PersonId));
        batch.Rows<PersonRow>().Want(new RowKey(PersonId));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        Confirmations.Plan(batch, PersonId);
        if (batch.Table<LeavingPerson>().Plan(batch, PersonId) is not { } has)
            return;
        foreach (var (_, verification) in has.Verified)
            new VerificationBook(verification).Plan(batch);
    }

    public override Outcome<Guid> Decide(BatchState batch)
    {
        var has = batch.Table<LeavingPerson>().Of(PersonId);
        if (has.AdministersAlone(batch, PersonId))
            return Refusal.Conflict("own-role", "You alone administer the platform. Invite another administrator first.");
        // What an earlier command of the batch gave them was not read: who else owns it, and what it has.
        if (batch.Rows<RoleAssignment>().Inserts.Any(row => row.Role == Roles.OrganizationOwner && IsTheirs(batch, has, row)))
            return Refusal.Conflict("changed-meanwhile", "You own another organization since a moment ago. Try again.");
        var alone = has.Organizations.Where(one => one.IsOwnedAlone(batch, principal => has.Acts(batch, PersonId, principal))).ToList();
        if (alone.Where(one => one.IsBusyNow(batch)).Select(one => one.Name).ToList() is { Count: > 0 } busy)
            return Refusal.Conflict(
                "sole-owner",
                $"You alone own {string.Join(", ", busy)}, with open grants or requests. End them first, or add another owner."
            );
        if (batch.Rows<PersonRow>().Find(new RowKey(PersonId)) is not { Status: PersonRow.Active } person)
            return Refusal.NotFound;
        var at = batch.Tree(Tree).At;
        Unlink(batch, has);
        ChangeOrganizations(batch, has, [.. alone.Select(one => one.Id)]);
        EndRoles(batch, has);
        foreach (var id in has.Handovers)
            if (batch.Rows<HandoverRow>().Find(new RowKey(id)) is { Status: HandoverStatus.Open } handover)
                HandoverEnd.Stop(batch, handover, Actor);
        RevokeClients(batch, has, at);
        if (person.ConfirmationId is not null)
            Confirmations.End(batch, Actor, person, MinorConfirmation.Erased);
        (person.BirthYear, person.OfAge) = (null, null);
        (person.MutedMail, person.MailRefusedAt) = ([], null);
        batch.Statement<WaitingMail>().Forget(PersonId);
        (person.Email, person.Name, person.Language, person.Status) = (null, null, null, PersonRow.Erased);
        batch.Change(person, at);
        NewPerson.RecordEvent(batch, PersonId, PersonEvents.Erased);
        return PersonId;
    }

    /// <summary>Their linked subjects act no more.</summary>
    private void Unlink(BatchState batch, Belonging has)
    {
        foreach (var hash in has.Identities)
            if (batch.Rows<LinkedIdentity>().Find(RowKey.Of(hash)) is { Until: null } row)
                row.Unlink(batch, Actor);
    }

    /// <summary>
    /// Organizations lose what showed who the person is and the consents that the person gave. Those that only they owned close. Each gets
    /// one version and one event, whatever of it came together.
    /// </summary>
    private void ChangeOrganizations(BatchState batch, Belonging has, IReadOnlyList<Guid> alone)
    {
        HashSet<Organization> changed = new(ReferenceEqualityComparer.Instance);
        foreach (var (id, verification) in has.Verified)
            if (
                batch.Rows<Organization>().Find(new RowKey(id)) is { } row
                && new VerificationBook(verification).FallWithOwner(batch, Actor, row, PersonId)
            )
                changed.Add(row);
        foreach (var (id, _) in has.Consents)
            if (
                batch.Rows<Consent>().Find(new RowKey(id)) is { } consent
                && consent.Status != ConsentStatus.Ended
                && ConsentEnd.EndAlone(batch, consent, Actor) is { } row
            )
                changed.Add(row);
        changed.ExceptWith(Close(batch, alone));
        foreach (var row in changed)
            OrganizationChange.Record(batch, Actor, row, OrganizationEvents.Updated);
    }

    /// <summary>Closes organizations.</summary>
    /// <returns>Those that were open.</returns>
    private List<Organization> Close(BatchState batch, IReadOnlyList<Guid> owned)
    {
        List<Organization> closed = [];
        foreach (var id in owned)
        {
            if (batch.Rows<Organization>().Find(new RowKey(id)) is not { } row || row.Status == OrganizationStatus.Closed)
                continue;
            row.Status = OrganizationStatus.Closed;
            if (KindsOfOne.Contains(row.Kind))
                row.Name = ErasedName;
            OrganizationChange.Record(batch, Actor, row, OrganizationEvents.Closed);
            closed.Add(row);
        }

        return closed;
    }

    private void EndRoles(BatchState batch, Belonging has)
    {
        var roles = batch.Rows<RoleAssignment>();
        foreach (var id in has.Roles)
            if (roles.Find(new RowKey(id)) is { } role)
                Memberships.End(batch, Actor, role);
        foreach (var role in roles.Inserts.Where(row => IsTheirs(batch, has, row)).ToList())
            Memberships.End(batch, Actor, role);
    }

    private void RevokeClients(BatchState batch, Belonging has, DateTimeOffset at)
    {
        var clients = batch.Rows<ApiClient>();
        foreach (var id in has.Clients)
            Revoke(batch, clients.Find(new RowKey(id)), at);
        foreach (var row in clients.Inserts.Where(row => has.Acts(batch, PersonId, row.PrincipalId)).ToList())
            Revoke(batch, row, at);
    }

    /// <summary>Whether it is the person's role, or that of a program of theirs, and still there.</summary>
    private bool IsTheirs(BatchState batch, Belonging has, RoleAssignment row) =>
        has.Acts(batch, PersonId, row.PrincipalId) && batch.Rows<RoleAssignment>().Find(new RowKey(row.Id)) is not null;

    private void Revoke(BatchState batch, ApiClient? row, DateTimeOffset at)
    {
        if (row is not { Status: "active" })
            return;
        (row.Status, row.Name) = ("revoked", ErasedName);
        batch.Change(row, at);
        batch.RecordEvent(Tree, Actor, AccessEvents.ClientRevoked, new ClientData(row.ClientId, row.OrganizationId));
    }
}

using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;

namespace GpuGrants.Api.People;

/// <summary>Gives the invited the role for a right code. A wrong code counts, as in <see cref="ConfirmSignUp"/>.</summary>
internal sealed class AcceptInvitation : Command<JoinedView>
{
    private const string ClientName = "Client of an invitation";

    public required Guid ProofId { get; init; }

    /// <summary>As it was typed.</summary>
    public required string Code { get; init; }

    /// <summary>Of somebody who has not signed up yet.</summary>
    public required string? PersonName { get; init; }

    /// <summary>
    /// The roles by which whoever invited may give the role, as the endpoint read them. One of them has to be there at the decision.
    /// </summary>
    public required IReadOnlyList<Guid> InviterRoles { get; init; }

    /// <summary>Assignments by which whoever has the address holds the very role, as the endpoint read them.</summary>
    public required IReadOnlyList<Guid> HeldRoles { get; init; }

    /// <summary>The platform's terms in force, which the yes accepts.</summary>
    public required IReadOnlyList<Guid> TermsIds { get; init; }

    /// <summary>Whoever invited, who is the first to agree where several people let a reviewer in.</summary>
    public required Decider Inviter { get; init; }

    public required Proofs Proofs { get; init; }

    public required HoldingOptions Limits { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<AddressProof>().Want(new RowKey(ProofId));
        foreach (var role in InviterRoles.Concat(HeldRoles))
            batch.Rows<RoleAssignment>().Want(new RowKey(role));
    }

    public override void Plan(BatchState batch)
    {
        if (!batch.Rows<AddressProof>().TryRead(new RowKey(ProofId), out var proof) || proof is null)
            return;
        NewPerson.Plan(batch, proof.Identity);
        NewPerson.PlanTerms(batch, proof.Identity, TermsIds);
        batch.Rows<Principal>().Want(new RowKey(proof.InvitedBy!.Value));
        if (IsOfOrganization(proof))
        {
            batch.Rows<Organization>().Want(new RowKey(proof.ResourceId!.Value));
            Inviter.Plan(batch);
        }

        Memberships.PlanProposal(batch, Inviter, proof.Role!, proof.ResourceId);
    }

    public override Outcome<JoinedView> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (!Proofs.Check(batch, ProofId, AddressProof.Invitation, Code, at).TryGet(out var proof, out var no))
            return no;
        if (Proofs.Read<InvitationDetails>(proof) is not { } details)
            return Proofs.Unreadable();
        if (
            IsOfOrganization(proof)
            && batch.Rows<Organization>().Find(new RowKey(proof.ResourceId!.Value)) is not { Status: OrganizationStatus.Active }
        )
            return OrganizationChange.NotActive();
        if (!MayInvite(batch, proof, at))
            return Refusal.Conflict("invitation-void", "Whoever invited you may no longer give this role. Ask for another invitation.");
        if (Refuse(batch, proof) is { } refused)
            return refused;
        return Join(batch, proof, details);
    }

    /// <summary>Roles and suspensions change under the lock of the platform's tree, so what holds here holds until the commit.</summary>
    private bool MayInvite(BatchState batch, AddressProof proof, DateTimeOffset at)
    {
        var held = InviterRoles.Select(role => batch.Rows<RoleAssignment>().Find(new RowKey(role))).OfType<RoleAssignment>().ToList();
        return held.Count > 0
            && batch.Rows<Principal>().Find(new RowKey(proof.InvitedBy!.Value)) is { Status: "active" }
            // An administrator who is of the organization, or was, lets nobody in by the platform's authority.
            && (
                !IsOfOrganization(proof)
                || held.Exists(one => one.Role == Roles.OrganizationOwner)
                || Inviter.Refuse(batch, at, Party.Organization(proof.ResourceId!.Value)) is null
            );
    }

    private static bool IsOfOrganization(AddressProof proof) => proof.Role is Roles.OrganizationOwner or Roles.OrganizationMember;

    private Refusal? Refuse(BatchState batch, AddressProof proof)
    {
        if (NewPerson.Refuse(batch, proof.Identity) is { } refused)
            return refused;
        if (HeldRoles.Any(role => batch.Rows<RoleAssignment>().Find(new RowKey(role)) is not null))
            return Refusal.Conflict("role-held", "You have this role already. Nothing is left to accept.");
        var known = batch.Rows<Identity>().Find(RowKey.Of(proof.Identity));
        if (known is null || batch.Rows<PersonRow>().Find(new RowKey(known.PersonId)) is { Status: PersonRow.Erased })
            return PersonName is null ? Refusal.Invalid("name", "State your name: you have not signed up yet.") : null;
        return (proof.Role == Roles.OrganizationOwner ? NewOrganization.Refuse(batch, known.PersonId, Limits.OrganizationsPerPerson) : null)
            ?? ClientEndpoints.RefuseMore(batch, known.PersonId, Limits.ClientsPerPrincipal);
    }

    private JoinedView Join(BatchState batch, AddressProof proof, InvitationDetails details)
    {
        var isNew = batch.Rows<Identity>().Find(RowKey.Of(proof.Identity)) is null;
        Proofs.Use(batch, proof, batch.Tree(Tree).At);
        var person = NewPerson.Enter(batch, proof.Identity, details.Email, PersonName ?? "", details.Language);
        NewPerson.AcceptTerms(batch, new Actor(person.Id, "invitation"), TermsIds, isNew);
        var client = NewPerson.Client(
            batch,
            person.Id,
            IsOfOrganization(proof) ? proof.ResourceId : null,
            ClientName,
            Memberships.ScopesOf(proof.Role!)
        );
        var inviter = new Actor(proof.InvitedBy!.Value, "invitation");
        var change = new RoleChange(proof.Role!, proof.ResourceId, person.Id, null, null, null);
        var proposal = Memberships.NeedsOthers(batch, Inviter, change) ? Memberships.Propose(batch, inviter, Inviter, change) : null;
        if (proposal is null)
            Memberships.Assign(batch, inviter, person.Id, proof.Role!, proof.ResourceId);
        Inviter.Decided(batch, Tree, person.Id);
        LapseInvitation.RecordEvent(batch, new Actor(person.Id, "invitation"), InvitationEvents.Accepted, proof);
        if (proof.Role == Roles.OrganizationOwner)
            batch.Table<Holdings>().Of(person.Id).Organizations++;
        return new JoinedView
        {
            Person = PersonView.Of(person),
            Role = proof.Role!,
            ResourceId = proof.ResourceId,
            Client = client,
            ChangeProposalId = proposal?.Id,
        };
    }
}

using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.People.Handover;

/// <summary>Gives the organization to the one who is named, at their yes. An owner who offered it stays as a member.</summary>
internal sealed class AcceptHandover : Command<HandoverRow>
{
    public required Guid HandoverId { get; init; }

    /// <summary>As the endpoint read it.</summary>
    public required HandoverRow Seen { get; init; }

    /// <summary>The old owner's role; null when it is gone.</summary>
    public required Guid? OwnerRole { get; init; }

    /// <summary>The role by which the old owner is a member too, if any.</summary>
    public required Guid? OldMemberRole { get; init; }

    /// <summary>The role by which the next owner is an owner already, if any.</summary>
    public required Guid? NextOwnerRole { get; init; }

    /// <summary>The role by which the next owner is a member, if any.</summary>
    public required Guid? MemberRole { get; init; }

    /// <summary>The next owner's clients that manage others, which the role widens.</summary>
    public required IReadOnlyList<Guid> Clients { get; init; }

    /// <summary>Organizations that one person may own.</summary>
    public required int Most { get; init; }

    public required VerificationBook Book { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<HandoverRow>().Want(new RowKey(HandoverId));
        batch.Rows<Organization>().Want(new RowKey(Seen.OrganizationId));
        batch.Rows<Principal>().Want(new RowKey(Seen.FromPrincipalId));
        foreach (var role in (Guid?[])[OwnerRole, MemberRole, OldMemberRole, NextOwnerRole])
            if (role is { } id)
                batch.Rows<RoleAssignment>().Want(new RowKey(id));
        foreach (var client in Clients)
            batch.Rows<ApiClient>().Want(new RowKey(client));
        batch.Table<Holdings>().Want(Actor.Person);
        Book.Plan(batch);
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        batch.Table<GivenConsents>().Plan(batch, Seen.OrganizationId, Seen.FromPrincipalId);
    }

    public override Outcome<HandoverRow> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        var row = batch.Rows<HandoverRow>().Find(new RowKey(HandoverId))!;
        var organization = batch.Rows<Organization>().Find(new RowKey(row.OrganizationId))!;
        if (Refuse(batch, row, organization, at) is { } refused)
            return refused;
        var owner = batch.Rows<RoleAssignment>().Find(new RowKey(OwnerRole!.Value))!;
        Memberships.End(batch, Actor, owner);
        batch.Table<GivenConsents>().End(batch, Actor, row.OrganizationId, row.FromPrincipalId);
        batch.RecordEvent(Tree, Actor, AccessEvents.RoleRemoved, new RolesData(row.FromPrincipalId, row.OrganizationId));
        if (row.Kind == HandoverRow.Offer && !IsHeld(batch, OldMemberRole))
            Memberships.Assign(batch, Actor, row.FromPrincipalId, Roles.OrganizationMember, row.OrganizationId);
        if (MemberRole is { } id && batch.Rows<RoleAssignment>().Find(new RowKey(id)) is { } member)
            Memberships.End(batch, Actor, member);
        Memberships.Assign(batch, Actor, Actor.PrincipalId, Roles.OrganizationOwner, row.OrganizationId);
        Memberships.Widen(batch, Clients, Roles.OrganizationOwner);
        batch.Table<Holdings>().Of(Actor.Person).Organizations++;
        Book.FallWithOwner(batch, Actor, organization, batch.Rows<Principal>().Find(new RowKey(row.FromPrincipalId))!.PersonId);
        OrganizationChange.Record(batch, Actor, organization, OrganizationEvents.Updated);
        HandoverEnd.End(batch, row, HandoverStatus.Accepted, Actor);
        batch.RecordEvent(Tree, Actor, HandoverEvents.Accepted, new HandoverData(row.Id, row.OrganizationId, row.Kind));
        return row;
    }

    private Refusal? Refuse(BatchState batch, HandoverRow row, Organization organization, DateTimeOffset at)
    {
        if (OrganizationChange.Refuse(organization) is { } closed)
            return closed;
        if (row.StatusAt(at) is var status && status != HandoverStatus.Open)
            return Refusal.Conflict("handover-not-open", $"The handover is {status}. Ask for another one.", "status");
        if (at < row.DueAt)
            return Refusal.Conflict("handover-waits", $"The old owner may stop it until {UtcMoments.Text(row.DueAt)}. Accept it then.");
        if (!IsHeld(batch, OwnerRole))
            return Refusal.Conflict("handover-not-open", "Whoever gives the organization owns it no more. Ask for another handover.");
        if (IsHeld(batch, NextOwnerRole))
            return Refusal.Conflict("role-held", "You own the organization already. Stop the handover.");
        // A rescue waits for weeks. Whoever let another owner in meanwhile has not vanished.
        if (row.Kind == HandoverRow.Rescue && OrganizationOwners.RefuseRescue(batch, organization, row.FromPrincipalId) is { } several)
            return several;
        if (row.Kind == HandoverRow.Offer && !IsHeld(batch, MemberRole))
            return Refusal.Conflict("handover-not-open", "You belong to the organization no more. Ask for an invitation.");
        return NewOrganization.Refuse(batch, Actor.Person, Most);
    }

    private static bool IsHeld(BatchState batch, Guid? role) =>
        role is { } id && batch.Rows<RoleAssignment>().Find(new RowKey(id)) is not null;
}

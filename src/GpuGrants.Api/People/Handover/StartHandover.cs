using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;

namespace GpuGrants.Api.People.Handover;

/// <summary>Names the next owner of an organization: an owner offers it to a member, or an administrator rescues it.</summary>
internal sealed class StartHandover : Command<HandoverRow>
{
    public required Guid OrganizationId { get; init; }

    /// <summary>Who owns it now.</summary>
    public required Guid From { get; init; }

    /// <summary>Who is to own it.</summary>
    public required Guid To { get; init; }

    public required string? Reason { get; init; }

    /// <summary>The administrator of a rescue; null for an offer.</summary>
    public required Decider? Rescuer { get; init; }

    /// <summary>How long a rescue waits.</summary>
    public required TimeSpan Wait { get; init; }

    /// <summary>The role by which whom it is offered to is a member; null for a rescue.</summary>
    public required Guid? MemberRole { get; init; }

    /// <summary>A handover that was open when the endpoint looked.</summary>
    public required Guid? OpenId { get; init; }

    /// <summary>To the old owner, sealed; null where no mail can be sent, or nobody has an address.</summary>
    public required byte[]? Letter { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Organization>().Want(new RowKey(OrganizationId));
        batch.Rows<Principal>().Want(new RowKey(From));
        batch.Rows<Principal>().Want(new RowKey(To));
        batch.Rows<PersonRow>().Want(new RowKey(To));
        if (OpenId is { } open)
            batch.Rows<HandoverRow>().Want(new RowKey(open));
        if (MemberRole is { } role)
            batch.Rows<RoleAssignment>().Want(new RowKey(role));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        if (Rescuer is null)
            return;
        Rescuer.Plan(batch);
        batch.Table<Belongings>().Want(To);
    }

    public override Outcome<HandoverRow> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        var row = batch.Rows<Organization>().Find(new RowKey(OrganizationId))!;
        if (OrganizationChange.Refuse(row) is { } closed)
            return closed;
        if (OpenId is { } id && batch.Rows<HandoverRow>().Find(new RowKey(id)) is { Status: HandoverStatus.Open } open)
        {
            if (at < open.ExpiresAt)
                return Refusal.Conflict("handover-open", "Somebody is named already. Stop that handover first.");
            HandoverEnd.End(batch, open, HandoverStatus.Expired, Actor);
        }

        return Refuse(batch, row, at) is { } refused ? refused : Start(batch, at);
    }

    private Refusal? Refuse(BatchState batch, Organization row, DateTimeOffset at)
    {
        // First, so that nobody learns which ids of strangers there are.
        if (Rescuer is null && (MemberRole is not { } role || batch.Rows<RoleAssignment>().Find(new RowKey(role)) is null))
            return Refusal.Invalid("principalId", "Name a member of the organization who does not own it. Invite whoever is none.");
        if (batch.Rows<Principal>().Find(new RowKey(To)) is not { Status: "active" } next)
            return Refusal.Invalid("principalId", "There is no such principal that may act.");
        if (row.OwnerIds.Contains(next.PersonId))
            return Refusal.Invalid("principalId", "This person owns the organization already. Name somebody else.");
        if (Rescuer is null)
            return null;
        if (batch.Rows<PersonRow>().Find(new RowKey(To)) is not { Status: PersonRow.Active })
            return Refusal.Invalid("principalId", "Name somebody who signed up: nobody else was shown to be another person.");
        if (OrganizationOwners.RefuseRescue(batch, row, From) is { } several)
            return several;
        return Rescuer.Refuse(batch, at, [.. Parties(batch)]);
    }

    /// <summary>The organization, whoever is to own it, and all organizations that they belong to.</summary>
    private IEnumerable<Party> Parties(BatchState batch)
    {
        yield return Party.Organization(OrganizationId);
        foreach (var one in batch.Table<Belongings>().Of(To))
            if (one.Kind == PartyKind.Person)
                yield return Party.Person(one.Id);
            else if (one is { Kind: PartyKind.Organization, Until: null })
                yield return Party.Organization(one.Id);
    }

    private HandoverRow Start(BatchState batch, DateTimeOffset at)
    {
        var due = Rescuer is null ? at : at + Wait;
        var row = new HandoverRow
        {
            Id = Guid.CreateVersion7(at),
            OrganizationId = OrganizationId,
            Kind = Rescuer is null ? HandoverRow.Offer : HandoverRow.Rescue,
            FromPrincipalId = From,
            ToPrincipalId = To,
            Reason = Reason,
            DueAt = due,
            ExpiresAt = due + HandoverRow.Lifetime,
            CreatedBy = Actor.PrincipalId,
            ClientId = Actor.ClientId,
            CreatedAt = at,
        };
        batch.Rows<HandoverRow>().Insert(row);
        if (Letter is not null)
            Outbox.Put(batch, Letter, at);
        Rescuer?.Decided(batch, Tree, row.Id);
        batch.RecordEvent(Tree, Actor, HandoverEvents.Started, new HandoverData(row.Id, OrganizationId, row.Kind));
        return row;
    }
}

using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>Uses a code: from then on the partner may act for the organization or person.</summary>
internal sealed class GiveConsent : Command<Consent>
{
    /// <summary>Whose code it is.</summary>
    public required Guid ConsentId { get; init; }

    public required Guid PartnerId { get; init; }

    /// <summary>The organization; null where <see cref="PersonId"/> is not.</summary>
    public required Guid? OrganizationId { get; init; }

    public required Guid? PersonId { get; init; }

    /// <summary>Who consented: whoever made the code, or uses it.</summary>
    public required Guid GivenBy { get; init; }

    /// <summary>The role by which an owner who made the code owns the organization; null where whoever consents calls.</summary>
    public required Guid? GiverRole { get; init; }

    /// <summary>As a partner states it that uses the code.</summary>
    public required string? ExternalId { get; init; }

    internal static Refusal OwnsNoMore { get; } =
        Refusal.Conflict("code-expired", "Whoever made the code no longer owns the organization. Ask an owner for a new one.", "code");

    private Guid Whom => (OrganizationId ?? PersonId)!.Value;

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Consent>().Want(new RowKey(ConsentId));
        batch.Rows<Partner>().Want(new RowKey(PartnerId));
        if (OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
        if (GiverRole is { } role)
            batch.Rows<RoleAssignment>().Want(new RowKey(role));
        if (PersonId is { } person)
            batch.Rows<PersonRow>().Want(new RowKey(person));
        batch.Table<ActiveConsents>().Want(batch, PartnerId, Whom);
    }

    public override void Plan(BatchState batch) => PlanAhead(batch);

    public override Outcome<Consent> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        var row = batch.Rows<Consent>().Find(new RowKey(ConsentId))!;
        if (Refuse(batch, row, at) is { } refused)
            return refused;
        if (batch.Table<ActiveConsents>().InForceOrEnded(batch, Actor, PartnerId, Whom) is not null)
            return Refusal.Conflict("consent-given", "The partner has a consent already. End it first, if another is meant.");
        (row.PartnerId, row.OrganizationId, row.PersonId) = (PartnerId, OrganizationId, PersonId);
        row.ExternalId = ExternalId ?? row.ExternalId;
        (row.Status, row.GivenBy, row.GivenAt) = (ConsentStatus.Active, GivenBy, at);
        batch.Change(row, at);
        batch.Table<ActiveConsents>().Set(PartnerId, Whom, row.Id);
        batch.RecordEvent(Tree, Actor, ConsentEvents.Given, ConsentFacts.Of(row));
        Enrol(batch);
        return row;
    }

    private Refusal? Refuse(BatchState batch, Consent row, DateTimeOffset at)
    {
        if (row.Status != ConsentStatus.Open)
            return Refusal.Conflict("code-used", "The code was used or withdrawn. Ask for a new one.", "code");
        if (row.StatusAt(at) == ConsentStatus.Expired)
            return Refusal.Conflict("code-expired", "The code was not used in time. Ask for a new one.", "code");
        if (GiverRole is { } role && batch.Rows<RoleAssignment>().Find(new RowKey(role)) is null)
            return OwnsNoMore;
        if (PersonId is { } person && batch.Rows<PersonRow>().Find(new RowKey(person)) is { Status: PersonRow.Erased })
            return Refusal.Conflict("code-expired", "Whoever made the code has left. Ask for a new one.", "code");
        if (batch.Rows<Partner>().Find(new RowKey(PartnerId)) is not { Status: "active" })
            return Refusal.Conflict("partner-not-active", "The partner is suspended or closed.");
        if (OrganizationId is { } id && batch.Rows<Organization>().Find(new RowKey(id)) is not { Status: "active" })
            return Refusal.Conflict("organization-not-active", "The organization is suspended or closed.", "organizationId");
        return null;
    }

    /// <summary>The first partner of an organization is the one in whose tree its own requests count too.</summary>
    private void Enrol(BatchState batch)
    {
        if (OrganizationId is not { } id || batch.Rows<Organization>().Find(new RowKey(id)) is not { PartnerId: null } organization)
            return;
        organization.PartnerId = PartnerId;
        OrganizationPartner.Record(batch, Actor, organization);
    }
}

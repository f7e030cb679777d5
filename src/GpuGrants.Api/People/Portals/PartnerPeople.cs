using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Partners.Consents;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.People.Portals;

/// <summary>What the commands on a partner's people share.</summary>
internal static class PartnerPeople
{
    /// <summary>Asks for the organization that the person has, and for the consent that the partner may have of it.</summary>
    public static void PlanReturn(BatchState batch, PartnerPerson row)
    {
        if (row.OrganizationId is not { } organization)
            return;
        batch.Rows<Organization>().Want(new RowKey(organization));
        batch.Table<ActiveConsents>().Want(batch, row.PartnerId, organization);
    }

    /// <summary>The organization that the same person had through the partner before; null when it is no longer theirs.</summary>
    public static Organization? OwnOrganization(BatchState batch, PartnerPerson row, Guid person) =>
        row.OrganizationId is { } id
        && batch.Rows<Organization>().Find(new RowKey(id)) is { Status: "active" } organization
        && organization.OwnerIds.Contains(person)
            ? organization
            : null;

    /// <summary>
    /// From now on the partner acts for the person's organization. A consent that is in force stays as its owner gave it: no other word
    /// widens it.
    /// </summary>
    /// <param name="actor">Who has it happen.</param>
    /// <param name="row">Whom the partner signs up.</param>
    /// <param name="person">The person.</param>
    /// <param name="organization">Theirs: a new one, or the one of <see cref="PlanReturn"/>.</param>
    /// <param name="scopes">What the partner may do there.</param>
    public static void Activate(
        BatchState batch,
        Actor actor,
        PartnerPerson row,
        Guid person,
        Organization organization,
        IReadOnlyList<string> scopes
    )
    {
        var present =
            row.OrganizationId == organization.Id
                ? batch.Table<ActiveConsents>().InForceOrEnded(batch, actor, row.PartnerId, organization.Id)
                : null;
        var consent = present ?? Give(batch, actor, row, person, organization, scopes);
        (row.Status, row.PersonId, row.OrganizationId, row.ConsentId) = (PartnerPerson.Active, person, organization.Id, consent.Id);
        row.RemovedAt = null;
        organization.PartnerId ??= row.PartnerId;
    }

    private static Consent Give(
        BatchState batch,
        Actor actor,
        PartnerPerson row,
        Guid person,
        Organization organization,
        IReadOnlyList<string> scopes
    )
    {
        var at = batch.Tree(TreeId.Platform).At;
        var consent = new Consent
        {
            Id = Guid.CreateVersion7(at),
            PartnerId = row.PartnerId,
            OrganizationId = organization.Id,
            BegunBy = ConsentSides.Partner,
            Scopes = [.. scopes],
            ExternalId = row.ExternalId,
            Status = ConsentStatus.Active,
            // Nobody is told this code: what follows from it has happened.
            CodeHash = ConsentCode.Make().Hash,
            CodeExpiresAt = at,
            CreatedBy = row.CreatedBy,
            ClientId = row.ClientId,
            GivenBy = person,
            GivenAt = at,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
        batch.Rows<Consent>().Insert(consent);
        batch.Table<ActiveConsents>().Set(row.PartnerId, organization.Id, consent.Id);
        batch.RecordEvent(TreeId.Platform, actor, ConsentEvents.Given, ConsentFacts.Of(consent));
        return consent;
    }

    /// <summary>Counts and dates a change of a row that is there, and records it.</summary>
    public static void Changed(BatchState batch, Actor actor, PartnerPerson row, Events.EventType<PartnerPersonData> type)
    {
        batch.Change(row, batch.Tree(TreeId.Platform).At);
        RecordEvent(batch, actor, row, type);
    }

    public static void RecordEvent(BatchState batch, Actor actor, PartnerPerson row, Events.EventType<PartnerPersonData> type) =>
        batch.RecordEvent(TreeId.Platform, actor, type, new PartnerPersonData(row.Id, row.PartnerId, row.OrganizationId, row.Status));

    /// <summary>A new row that nobody confirmed yet.</summary>
    public static PartnerPerson New(BatchState batch, Actor actor, Guid partner, string externalId, Guid? programme)
    {
        var at = batch.Tree(TreeId.Platform).At;
        return new PartnerPerson
        {
            Id = Guid.CreateVersion7(at),
            PartnerId = partner,
            ExternalId = externalId,
            Vouched = programme is not null,
            ProgrammeId = programme,
            VouchedAt = programme is null ? null : at,
            CreatedBy = actor.PrincipalId,
            ClientId = actor.ClientId,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
    }
}

/// <summary>Somebody whom a partner signed up, as a call left them.</summary>
/// <param name="Row">The row.</param>
/// <param name="IsNew">Whether the call made it.</param>
/// <param name="ProofId">The code that the call mailed; null for none.</param>
internal sealed record PartnerPersonEntered(PartnerPerson Row, bool IsNew, Guid? ProofId = null);

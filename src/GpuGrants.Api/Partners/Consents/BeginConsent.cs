using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>Makes a code by which somebody consents, or is consented to.</summary>
internal sealed class BeginConsent : Command<Consent>
{
    /// <summary>One of <see cref="ConsentSides"/>.</summary>
    public required string By { get; init; }

    public required Guid? PartnerId { get; init; }

    public required Guid? OrganizationId { get; init; }

    public required Guid? PersonId { get; init; }

    public required ConsentBody Body { get; init; }

    public required byte[] CodeHash { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        if (PartnerId is { } partner)
            batch.Rows<Partner>().Want(new RowKey(partner));
        if (OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override void Plan(BatchState batch) => PlanAhead(batch);

    public override Outcome<Consent> Decide(BatchState batch)
    {
        if (PartnerId is { } partner && batch.Rows<Partner>().Find(new RowKey(partner)) is not { Status: "active" })
            return By == ConsentSides.Partner
                ? Refusal.Conflict("partner-not-active", "The partner is suspended or closed.")
                : Refusal.Invalid("partnerId", "There is no such partner.");
        if (
            OrganizationId is { } organization
            && batch.Rows<Organization>().Find(new RowKey(organization)) is not { Status: OrganizationStatus.Active }
        )
            return Refusal.Conflict("organization-not-active", "The organization is suspended or closed.");
        var at = batch.Tree(Tree).At;
        var row = new Consent
        {
            Id = Guid.CreateVersion7(at),
            PartnerId = PartnerId,
            OrganizationId = OrganizationId,
            PersonId = PersonId,
            BegunBy = By,
            Scopes = [.. Body.Scopes!],
            ExternalId = Body.ExternalId,
            CodeHash = CodeHash,
            CodeExpiresAt = at + ConsentCode.Lifetime,
            ExpiresAt = Body.ExpiresAt?.ToUniversalTime(),
            CreatedBy = Actor.PrincipalId,
            ClientId = Actor.ClientId,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
        batch.Rows<Consent>().Insert(row);
        batch.RecordEvent(Tree, Actor, ConsentEvents.Begun, ConsentFacts.Of(row));
        return row;
    }
}

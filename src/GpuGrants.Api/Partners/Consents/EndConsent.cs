using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>Ends a consent, or takes back its code. From the commit on the partner acts for them no more.</summary>
internal sealed class EndConsent : Command<Consent>
{
    public required Guid ConsentId { get; init; }

    /// <summary>The organization that the endpoint saw, if any.</summary>
    public required Guid? OrganizationId { get; init; }

    /// <summary>Whether the caller ends it as one of the partner's own people.</summary>
    public required Func<Consent, bool> IsByPartner { get; init; }

    public override void PlanAhead(BatchState batch)
    {
        batch.Rows<Consent>().Want(new RowKey(ConsentId));
        if (OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        // Somebody may have used the code meanwhile.
        if (batch.Rows<Consent>().TryRead(new RowKey(ConsentId), out var row) && row?.OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override Outcome<Consent> Decide(BatchState batch)
    {
        if (batch.Rows<Consent>().Find(new RowKey(ConsentId)) is not { } row)
            return Refusal.NotFound;
        if (row.Status == ConsentStatus.Ended)
            return Refusal.Conflict("consent-ended", "The consent has ended already.", "status");
        ConsentEnd.End(batch, row, Actor, IsByPartner(row));
        return row;
    }
}

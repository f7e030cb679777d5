using GpuGrants.Api.Access.Consents;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>
/// Ends a consent whose own end has come. From that moment on nobody acts by it anyway. The organization is then free of its partner in
/// rules that count partners, and both sides learn of it.
/// </summary>
internal sealed class LapseConsent : Command<Guid>
{
    public required Guid ConsentId { get; init; }

    public override void PlanAhead(BatchState batch) => batch.Rows<Consent>().Want(new RowKey(ConsentId));

    public override void Plan(BatchState batch)
    {
        PlanAhead(batch);
        if (batch.Rows<Consent>().TryRead(new RowKey(ConsentId), out var row) && row?.OrganizationId is { } organization)
            batch.Rows<Organization>().Want(new RowKey(organization));
    }

    public override Outcome<Guid> Decide(BatchState batch)
    {
        // Its end never changes, so it is over by every clock that found it due.
        if (batch.Rows<Consent>().Find(new RowKey(ConsentId)) is not { Status: ConsentStatus.Active } row)
            return Refusal.Conflict("changed-meanwhile", "The consent has ended meanwhile.");
        ConsentEnd.End(batch, row, Actor);
        return row.Id;
    }
}

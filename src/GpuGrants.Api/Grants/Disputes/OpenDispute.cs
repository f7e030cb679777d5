using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Grants.Disputes;

/// <summary>The organization of a grant disputes a usage record. Its credits are held until somebody decides.</summary>
public sealed class OpenDispute : Command<UsageDispute>
{
    public required Guid GrantId { get; init; }

    public required Guid ProviderId { get; init; }

    public required Guid RecordId { get; init; }

    public required string Reason { get; init; }

    /// <summary>How long after settlement usage may be disputed.</summary>
    public required TimeSpan Window { get; init; }

    private RowKey RecordKey => new(Tree.Value, ProviderId, RecordId);

    public override void Plan(BatchState batch)
    {
        batch.Rows<Grant>().Want(new RowKey(Tree.Value, GrantId));
        if (batch.Rows<UsageRecord>().TryRead(RecordKey, out var record) && record is not null)
            batch.Rows<UsageDispute>().Want(UsageDispute.KeyOf(record));
        DisputeTransfers.Plan(batch.Tree(Tree), ProviderId);
    }

    public override Outcome<UsageDispute> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var grant = batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId));
        var record = batch.Rows<UsageRecord>().Find(RecordKey);
        if (grant is null || record?.GrantId != GrantId)
            return Refusal.NotFound;
        if (record.VoidedAt is not null)
            return Refusal.Conflict("usage-voided", "The record was voided and charges nothing.", "recordId");
        if (batch.Rows<UsageDispute>().FindKnown(UsageDispute.KeyOf(record)) is { } before)
            return Refusal.Conflict("usage-disputed", $"The record was disputed before. That dispute is {before.Status}.", "recordId");
        if (grant.Status == GrantStatus.Ended && tree.At >= grant.SettlesAt + Window)
            return Refusal.Conflict(
                "dispute-too-late",
                $"Usage may be disputed until {Window.TotalDays} days after the grant is settled. They are over.",
                "recordId"
            );
        var dispute = New(grant, record, tree.At);
        if (DisputeTransfers.Hold(tree, grant, Actor, dispute.Credits) is { Count: > 0 } chain && !tree.TryPost(chain, out var refusal))
            return Refusal.OfCredits(refusal);
        batch.Rows<UsageDispute>().Insert(dispute);
        DisputeSteps.Tell(batch, Tree, Actor, GrantEvents.UsageDisputed, dispute, grant.Livemode);
        return dispute;
    }

    /// <remarks>
    /// It holds what the record used, rounded down. What the record charged may be a second more, and that second is what another record
    /// charges once this one is voided. All disputes together then never hold what a correction has to give back.
    /// </remarks>
    private UsageDispute New(Grant grant, UsageRecord record, DateTimeOffset at) =>
        new()
        {
            RootProgrammeId = record.RootProgrammeId,
            ProviderId = record.ProviderId,
            RecordId = record.Id,
            RecordVersion = record.Version,
            Id = Guid.CreateVersion7(at),
            GrantId = grant.Id,
            OrganizationId = grant.OrganizationId,
            BudgetProgrammeId = grant.BudgetProgrammeId,
            Reason = Reason,
            Credits = grant.CostOf(record.Charged().Charged).Units,
            GpuSeconds = record.Charged().Charged.Seconds,
            OpenedBy = Actor.PrincipalId,
            ClientId = Actor.ClientId,
            Version = 1,
            CreatedAt = at,
            UpdatedAt = at,
        };
}

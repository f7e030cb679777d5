using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;

namespace GpuGrants.Api.Grants.Disputes;

/// <summary>
/// Ends a dispute. An administrator of the paying programme upholds it, which voids the record, or rejects it. The organization withdraws
/// it. Otherwise the record stands, and its credits are the provider's again.
/// </summary>
public sealed class EndDispute : Command<UsageDispute>
{
    /// <summary>The dispute as the endpoint saw it. Its key never changes.</summary>
    public required UsageDispute Seen { get; init; }

    /// <summary>One of <see cref="UsageDisputeStatus"/>, but for open.</summary>
    public required string EndsAs { get; init; }

    /// <summary>Why; null when the organization withdraws it.</summary>
    public string? Reason { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    /// <summary>Who decides; null when the organization withdraws it.</summary>
    public Decider? Decider { get; init; }

    private RowKey Key => new(Seen.RootProgrammeId, Seen.ProviderId, Seen.RecordId, Number: Seen.RecordVersion);

    public override void Plan(BatchState batch)
    {
        Decider?.Plan(batch);
        batch.Rows<UsageDispute>().Want(Key);
        batch.Rows<Grant>().Want(new RowKey(Tree.Value, Seen.GrantId));
        DisputeTransfers.Plan(batch.Tree(Tree), Seen.ProviderId);
        if (EndsAs == UsageDisputeStatus.Upheld)
            Voiding(null).Plan(batch);
    }

    public override Outcome<UsageDispute> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!batch.Unchanged<UsageDispute>(Key, ExpectedVersion).TryGet(out var dispute, out var no))
            return no;
        if (dispute.Status != UsageDisputeStatus.Open)
            return Refusal.Conflict("dispute-not-open", $"The dispute is {dispute.Status} already.", "status");
        if (Decider?.Refuse(batch, tree.At, Party.Organization(dispute.OrganizationId), Party.Provider(dispute.ProviderId)) is { } own)
            return own;
        var grant = batch.Rows<Grant>().Find(new RowKey(Tree.Value, dispute.GrantId))!;
        var release = DisputeTransfers.Release(tree, grant, Actor, dispute.Credits);
        if (EndsAs == UsageDisputeStatus.Upheld)
        {
            if (!Voiding(release).Decide(batch).TryGet(out var voided, out var refused))
                return refused;
            dispute.ReturnedGpuSeconds = voided.Replaced.ReturnedGpuSeconds;
        }
        else if (release.Count > 0)
            tree.Post(release);

        DisputeSteps.Close(batch, dispute, Actor, EndsAs, Reason, tree.At);
        DisputeSteps.Tell(batch, Tree, Actor, EventOf(EndsAs), dispute, grant.Livemode);
        Decider?.Decided(batch, Tree, dispute.Id);
        return dispute;
    }

    /// <summary>Voids the record in the same chain that releases its credits.</summary>
    private CorrectUsage Voiding(IReadOnlyList<TransferOrder>? release) =>
        new()
        {
            Tree = Tree,
            Actor = Actor,
            GrantId = Seen.GrantId,
            ProviderId = Seen.ProviderId,
            RecordId = Seen.RecordId,
            Reason = Reason!,
            Release = release ?? [],
        };

    private static EventType<UsageDisputeData> EventOf(string status) =>
        status switch
        {
            UsageDisputeStatus.Upheld => GrantEvents.DisputeUpheld,
            UsageDisputeStatus.Rejected => GrantEvents.DisputeRejected,
            _ => GrantEvents.DisputeWithdrawn,
        };
}

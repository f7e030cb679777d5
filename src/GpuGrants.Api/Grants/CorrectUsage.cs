using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>
/// A provider puts other figures in the place of a usage record, or voids it. The ledger, the grant and the counters follow by the
/// difference. Once the grant is settled, a correction only lowers usage, and what it gives back returns at once.
/// </summary>
public sealed class CorrectUsage : Command<CorrectedUsage>
{
    public required Guid GrantId { get; init; }

    public required Guid ProviderId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>What was used; null voids the record.</summary>
    public UsageReading? Reading { get; init; }

    /// <summary>Whether the record keeps what its provider stated: only what it charges is judged again.</summary>
    public bool IsMeasuredAgain { get; init; }

    public required string Reason { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    /// <summary>Frees the credits of a disputed record first; null when a provider corrects, which waits for open disputes.</summary>
    public IReadOnlyList<TransferOrder>? Release { get; init; }

    private RowKey RecordKey => new(Tree.Value, ProviderId, RecordId);

    public override void Plan(BatchState batch)
    {
        if (
            !batch.Rows<Grant>().TryRead(new RowKey(Tree.Value, GrantId), out var grant)
            || grant is null
            || !batch.Rows<UsageRecord>().TryRead(RecordKey, out var record)
            || record is null
        )
            return;
        var life = UsageSpan.Between(grant.StartsAt, grant.EndedAt ?? grant.ExpiresAt);
        batch.Rows<UsageDispute>().Want(UsageDispute.KeyOf(record));
        var profiles = batch.Table<UsageProfiles>();
        profiles.Want(grant.Id, SpanOf(record));
        if (Reading is { } reading)
            profiles.Want(grant.Id, UsageSpan.Between(reading.StartedAt, reading.EndedAt).Within(life));
        UsageTransfers.Plan(batch.Tree(Tree), grant);
        GrantEnding.Plan(batch, batch.Tree(Tree), grant);
    }

    public override Outcome<CorrectedUsage> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var grant = batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId));
        var record = grant is null ? null : batch.Rows<UsageRecord>().Find(RecordKey);
        if (grant is null || record?.GrantId != GrantId)
            return Refusal.NotFound;
        if (ExpectedVersion is { } versions && !versions.Has(record.Version))
            return Refusal.Stale(record.Version);
        if (record.VoidedAt is not null)
            return Refusal.Conflict("usage-voided", "The record was voided. Report the usage with a new id.", "id");
        if (Release is null && batch.Rows<UsageDispute>().FindKnown(UsageDispute.KeyOf(record)) is { Status: UsageDisputeStatus.Open })
            return Refusal.Conflict("usage-disputed", "The record is disputed. It stays as it is until somebody has decided.", "recordId");
        var profile = batch.Table<UsageProfiles>().Of(grant.Id);
        if (Measure(batch, tree, grant, record, profile.Copy(), out var used, out var charge) is { } refused)
            return refused;
        var seconds = used.Charged.Seconds - grant.UsedGpuSeconds;
        var transferId = seconds == 0 ? (Guid?)null : Guid.CreateVersion7(tree.At);
        List<TransferOrder> chain = [.. Release ?? [], .. seconds == 0 ? [] : Chain(tree, grant, transferId!.Value, seconds)];
        if (chain.Count > 0 && !tree.TryPost(chain, out var refusal))
            return Refusal.Of(refusal, "gpus");
        profile.Add(SpanOf(record), -record.MilliGpus);
        if (Reading is { } reading)
            profile.Add(charge.Span, reading.MilliGpus);
        var revision = Keep(batch, tree, record, transferId);
        var uncharged = MeteredTime.FromMicroseconds(grant.UnchargedGpuMicroseconds);
        Change(tree, grant, record, seconds, charge);
        batch.Rows<UsageRecord>().Update(record);
        Settle(batch, tree, grant, used, record, revision, seconds);
        UnchargedLadder.Climb(batch, tree, grant, Actor, uncharged);
        return new CorrectedUsage(record, revision);
    }

    /// <summary>What the grant would have used; a refusal when the new figures cannot be, or may not be any more.</summary>
    private Refusal? Measure(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        UsageRecord record,
        UsageProfile profile,
        out MeteredTime used,
        out UsageCharge charge
    )
    {
        var before = MeteredTime.FromMicroseconds(grant.UsedGpuMicroseconds);
        var terms = UsageCharging.TermsOf(batch, grant, tree.At);
        var meter = new UsageMeter(terms with { TakesUsage = true }, before, profile, tree.At);
        var uncharged = MeteredTime.FromMicroseconds(record.UnchargedGpuMicroseconds);
        var free = uncharged.Plus(MeteredTime.FromMicroseconds(record.ExcusedGpuMicroseconds));
        var refusal = meter.Replace(SpanOf(record), record.MilliGpus, free, Reading, out charge);
        used = meter.Used;
        if (refusal is not null)
            return Refusal.Conflict(refusal.Code, refusal.Message, refusal.Field);
        var isMore =
            used.GpuMicroseconds > before.GpuMicroseconds
            || used.Plus(charge.Uncharged).GpuMicroseconds > before.Plus(uncharged).GpuMicroseconds;
        return isMore && !terms.TakesUsage
            ? Refusal.Conflict("usage-settled", "The grant is settled. A correction may only lower its usage now.", "gpus")
            : null;
    }

    private List<TransferOrder> Chain(TreeChanges tree, Grant grant, Guid id, long seconds) =>
        seconds > 0
            ? UsageTransfers.Charge(tree, grant, Actor, id, seconds, TransferReasons.UsageCorrected)
            : UsageTransfers.TakeBack(tree, grant, Actor, id, -seconds, TransferReasons.UsageCorrected);

    private UsageRevision Keep(BatchState batch, TreeChanges tree, UsageRecord record, Guid? transferId)
    {
        var revision = new UsageRevision
        {
            RootProgrammeId = record.RootProgrammeId,
            ProviderId = record.ProviderId,
            RecordId = record.Id,
            Version = record.Version,
            MilliGpus = record.MilliGpus,
            GpuSeconds = record.GpuSeconds,
            UnchargedGpuMicroseconds = record.UnchargedGpuMicroseconds,
            ExcusedGpuMicroseconds = record.ExcusedGpuMicroseconds,
            Credits = record.Credits,
            StartedAt = record.StartedAt,
            EndedAt = record.EndedAt,
            StatedStartedAt = record.StatedStartedAt,
            StatedEndedAt = record.StatedEndedAt,
            Reason = Reason,
            TransferId = transferId,
            CorrectedBy = Actor.PrincipalId,
            ClientId = Actor.ClientId,
            CreatedAt = tree.At,
        };
        batch.Rows<UsageRevision>().Insert(revision);
        return revision;
    }

    private void Change(TreeChanges tree, Grant grant, UsageRecord record, long seconds, UsageCharge charge)
    {
        grant.UnchargedGpuMicroseconds += charge.Uncharged.GpuMicroseconds - record.UnchargedGpuMicroseconds;
        record.UnchargedGpuMicroseconds = charge.Uncharged.GpuMicroseconds;
        record.ExcusedGpuMicroseconds = charge.Excused.GpuMicroseconds;
        record.Version++;
        record.GpuSeconds += seconds;
        record.Credits += Math.Sign(seconds) * grant.CostOf(GpuTime.FromSeconds(Math.Abs(seconds))).Units;
        if (Reading is { } reading)
        {
            record.MilliGpus = reading.MilliGpus;
            (record.StartedAt, record.EndedAt) = (charge.Span.StartedAt, charge.Span.EndedAt);
            if (IsMeasuredAgain)
                return;
            record.StatedStartedAt = reading.StartedAt == record.StartedAt ? null : reading.StartedAt;
            record.StatedEndedAt = reading.EndedAt == record.EndedAt ? null : reading.EndedAt;
        }
        else
            record.VoidedAt = tree.At;
    }

    /// <summary>The grant, the event and the counters follow. What a settled grant gets back returns.</summary>
    private void Settle(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        MeteredTime used,
        UsageRecord record,
        UsageRevision revision,
        long seconds
    )
    {
        var outstanding = grant.Outstanding();
        grant.UsedGpuMicroseconds = used.GpuMicroseconds;
        grant.UsedGpuSeconds = used.Charged.Seconds;
        grant.UpdatedAt = tree.At;
        grant.Version++;
        batch.Rows<Grant>().Update(grant);
        List<QuotaFact> facts = [.. Counted(tree.At, grant.Life(), outstanding, record, revision, seconds)];
        if (grant.Status == GrantStatus.Ended && seconds < 0)
        {
            if (GrantReturn.TryMove(tree, grant, Actor, GpuTime.Zero, out var returned) is { } refusal)
                throw new InvalidOperationException($"What a correction gave back cannot return: {refusal.Code}.");
            facts.Add(QuotaFact.Returned(tree.At, grant.CountsAt, returned, grant.CostOf(returned)).Of(grant.Life(), returned));
        }

        var data = new UsageCorrectedData(
            grant.Id,
            grant.OrganizationId,
            record.Id,
            record.VoidedAt is not null,
            seconds,
            grant.UsedGpuSeconds
        );
        var happened = batch.Happened(tree.Id, Actor, GrantEvents.UsageCorrected, data, grant.Livemode);
        Facts.Record(batch, happened, grant.ContextId, PinnedContext.Of(batch, tree, grant.ContextId), [.. facts]);
        UsageWarnings.Tell(batch, grant, Actor, GpuTime.FromSeconds(grant.UsedGpuSeconds - seconds));
    }

    /// <summary>The old time counts no more where it counted, and the new time counts where it was used. Their sum is the difference.</summary>
    private static IEnumerable<QuotaFact> Counted(
        DateTimeOffset at,
        GrantLife life,
        GpuTime outstanding,
        UsageRecord record,
        UsageRevision before,
        long seconds
    )
    {
        var old = Math.Max(0, before.GpuSeconds);
        var now = old + seconds;
        // Rounding may take a second from a record that charged none.
        if (now < 0)
            (old, now) = (old - now, 0);
        if ((record.StartedAt, record.EndedAt) == (before.StartedAt, before.EndedAt))
            (old, now) = (Math.Max(0, old - now), Math.Max(0, now - old));
        var (unused, used) = (GpuTime.FromSeconds(old), GpuTime.FromSeconds(now));
        if (old > 0)
            yield return QuotaFact.Unused(at, before.EndedAt, unused).Since(before.StartedAt).Of(life, outstanding);
        if (now > 0)
            yield return QuotaFact.Used(at, record.EndedAt, used).Since(record.StartedAt).Of(life, outstanding + unused);
    }

    private static UsageSpan SpanOf(UsageRecord record) => UsageSpan.Between(record.StartedAt, record.EndedAt);
}

/// <summary>A usage record as a correction left it, and what it replaced.</summary>
/// <param name="Record">As it is now.</param>
/// <param name="Replaced">As it was, with the reason.</param>
public sealed record CorrectedUsage(UsageRecord Record, UsageRevision Replaced);

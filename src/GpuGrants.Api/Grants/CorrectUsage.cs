using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>
/// A provider puts other figures in the place of a usage record, or voids it. The ledger, the grant and the counters follow by the
/// difference. What comes back stays with the grant as far as limits on used hours have room for it, and its offer promised the hours to
/// nobody else. The rest returns at once. Once the grant is settled, a correction only lowers usage, and all that comes back returns. Once
/// its earnings are payable, nobody corrects it.
/// </summary>
public sealed class CorrectUsage : Command<CorrectedUsage>
{
    public required Guid GrantId { get; init; }

    public required Guid ProviderId { get; init; }

    public required Guid RecordId { get; init; }

    /// <summary>What was used; null voids the record.</summary>
    public UsageReading? Reading { get; init; }

    /// <summary>
    /// An outage that is known now; null for all other corrections. The record keeps what its provider stated. It charges what counted
    /// outside of the outage, and never more than before.
    /// </summary>
    public UsageSpan? Outage { get; init; }

    /// <summary>
    /// What of time that comes back the grant's offer has GPUs for, where somebody reckoned that before for all records of an outage; null
    /// when this command looks itself.
    /// </summary>
    public Func<GpuTime, GpuTime>? Serves { get; init; }

    public required string Reason { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    /// <summary>How long after settlement usage may be corrected; null when the caller has judged that.</summary>
    public TimeSpan? Window { get; init; }

    /// <summary>Frees the credits of a disputed record first; null when a provider corrects, which waits for open disputes.</summary>
    public IReadOnlyList<TransferOrder>? Release { get; init; }

    /// <summary>Who stands in for the provider; null where its operators correct, or somebody has judged that.</summary>
    public StandIn? StandIn { get; init; }

    private RowKey RecordKey => new(Tree.Value, ProviderId, RecordId);

    public override void Plan(BatchState batch)
    {
        StandIn?.Plan(batch);
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
        profiles.Want(grant.Id, record.Span());
        if (Reading is { } reading)
            profiles.Want(grant.Id, UsageSpan.Between(reading.StartedAt, reading.EndedAt).Within(life));
        UsageTransfers.Plan(batch.Tree(Tree), grant);
        Handovers.Plan(batch, batch.Tree(Tree), grant);
        GrantEnding.Plan(batch, batch.Tree(Tree), grant);
        if (IsPromised(grant))
            OfferPlans.Want(batch, batch.Tree(Tree), grant);
        PinnedContext.PlanVerdict(batch, batch.Tree(Tree), grant.PinnedBy);
    }

    public override Outcome<CorrectedUsage> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var grant = batch.Rows<Grant>().Find(new RowKey(Tree.Value, GrantId));
        var record = grant is null ? null : batch.Rows<UsageRecord>().Find(RecordKey);
        if (grant is null || record?.GrantId != GrantId)
            return Refusal.NotFound;
        if (StandIn?.RefuseGrant(batch, grant) is { } own)
            return own;
        if (Check(batch, tree, grant, record) is { } barred)
            return barred;
        var profile = batch.Table<UsageProfiles>().Of(grant.Id);
        if (Measure(batch, tree, grant, record, profile.Copy(), out var used, out var charge) is { } refused)
            return refused;
        var isSettled = grant.Status == GrantStatus.Ended;
        var change = ChangeOf(batch, tree, grant, record, PartsOf(batch, tree, grant, record, charge), used);
        if (!change.HasRoom)
            return Refusal.Conflict("usage-exceeds-limit", CorrectionSentences.NoRoom(change, isSettled, tree.At), "startedAt");
        var transferId = change.Seconds == 0 ? (Guid?)null : Guid.CreateVersion7(tree.At);
        List<TransferOrder> chain = [.. Release ?? [], .. transferId is { } id ? Chain(tree, grant, id, change.Seconds) : []];
        if (chain.Count > 0 && !tree.TryPost(chain, out var refusal))
            return Refusal.Of(refusal, "gpus");
        profile.Add(record.Span(), -record.MilliGpus);
        if (Reading is { } reading)
            profile.Add(charge.Span, reading.MilliGpus);
        var revision = Keep(batch, tree, record, transferId, change);
        var uncharged = MeteredTime.FromMicroseconds(grant.UnchargedGpuMicroseconds);
        Rewrite(batch, tree, grant, record, change.Seconds, charge);
        Settle(batch, tree, grant, used, record, change);
        UnchargedLadder.Climb(batch, tree, grant, Actor, uncharged);
        StandIn?.Decided(batch, Tree, RecordId);
        var reason =
            isSettled ? UsageReturnView.GrantSettled
            : change.IsPromisedToOthers ? UsageReturnView.HoursPromised
            : UsageReturnView.LimitFilled;
        return new CorrectedUsage(record, revision, reason);
    }

    /// <summary>Whether the record may be corrected at all.</summary>
    private Refusal? Check(BatchState batch, TreeChanges tree, Grant grant, UsageRecord record)
    {
        if (ExpectedVersion.Refuse(record.Version) is { } stale)
            return stale;
        if (record.VoidedAt is not null)
            return Refusal.Conflict("usage-voided", "The record was voided. Report the usage with a new id.", "id") with
            {
                MessageKo = "무효 처리된 기록입니다. 새 id로 사용량을 보고해 주십시오.",
            };
        if (Release is null && batch.Rows<UsageDispute>().FindKnown(UsageDispute.KeyOf(record)) is { Status: UsageDisputeStatus.Open })
            return Refusal.Conflict(
                "usage-disputed",
                "The record is disputed. It stays as it is until somebody has decided.",
                "recordId"
            ) with
            {
                MessageKo = "이의가 제기된 기록입니다. 결정이 날 때까지 바꿀 수 없습니다.",
            };
        return Window is { } window && grant.IsPayableAt(tree.At, window)
            ? Refusal.Conflict("usage-payable", PayableText(window), "recordId") with
            {
                MessageKo =
                    $"이 사용으로 번 크레딧은 정산 {window.TotalDays}일 뒤부터 지급 대상입니다. 그 뒤에는 사용량을 정정하지 않습니다.",
            }
            : null;
    }

    internal static string PayableText(TimeSpan window) =>
        $"What it earned is payable since {window.TotalDays} days after settlement. Usage is no longer corrected then.";

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
        // Time of reserved GPUs is charged as any use; what their provider reported of them is not.
        var taking = terms with
        {
            TakesUsage = true,
            IsPaidByTime = terms.IsPaidByTime && !record.ByTime,
        };
        var meter = new UsageMeter(taking, before, profile, tree.At);
        var most = Outage is null
            ? (MeteredTime?)null
            : terms.Left(record.Charged(), record.MilliGpus, record.Span(), Counted(batch, grant, record, terms));
        var refusal = meter.Replace(record.Span(), record.MilliGpus, record.Free(), Reading, out charge, most);
        used = meter.Used;
        if (refusal is not null)
            return Refusal.Conflict(refusal.Code, refusal.Message, refusal.Field);
        var isMore =
            used.GpuMicroseconds > before.GpuMicroseconds
            || used.Plus(charge.Uncharged).GpuMicroseconds > before.GpuMicroseconds + record.UnchargedGpuMicroseconds;
        return isMore && !terms.TakesUsage
            ? Refusal.Conflict("usage-settled", "The grant is settled. A correction may only lower its usage now.", "gpus") with
            {
                MessageKo = "정산이 끝난 지원입니다. 이제 사용량을 줄이는 정정만 할 수 있습니다.",
            }
            : null;
    }

    /// <summary>Where the record counted, and where it counts from now on. A voided one has no other place.</summary>
    private CorrectedParts PartsOf(BatchState batch, TreeChanges tree, Grant grant, UsageRecord record, UsageCharge charge)
    {
        var terms = UsageCharging.TermsOf(batch, grant, tree.At);
        var before = UsedParts.Spans(batch, tree, grant, Counted(batch, grant, record, terms), record.Span());
        var after = Reading is null ? before : UsedParts.Spans(batch, tree, grant, terms, charge.Span);
        return new CorrectedParts(before, after, Outage is not null);
    }

    /// <summary>The terms by which the record counted until now.</summary>
    private UsageTerms Counted(BatchState batch, Grant grant, UsageRecord record, UsageTerms terms)
    {
        var counted = UsageCharging.CountedTerms(batch, grant, record, terms);
        return Outage is { } outage ? counted.Before(outage) : counted;
    }

    private List<TransferOrder> Chain(TreeChanges tree, Grant grant, Guid id, long seconds) =>
        seconds > 0
            ? UsageTransfers.Charge(tree, grant, Actor, id, seconds, TransferReasons.UsageCorrected)
            : UsageTransfers.TakeBack(tree, grant, Actor, id, -seconds, TransferReasons.UsageCorrected);

    private UsageRevision Keep(BatchState batch, TreeChanges tree, UsageRecord record, Guid? transferId, UsageCorrection change)
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
            ReturnedGpuSeconds = change.Returned.Seconds,
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

    private void Rewrite(BatchState batch, TreeChanges tree, Grant grant, UsageRecord record, long seconds, UsageCharge charge)
    {
        grant.UnchargedGpuMicroseconds += charge.Uncharged.GpuMicroseconds - record.UnchargedGpuMicroseconds;
        record.UnchargedGpuMicroseconds = charge.Uncharged.GpuMicroseconds;
        record.ExcusedGpuMicroseconds = charge.Excused.GpuMicroseconds;
        record.GpuSeconds += seconds;
        record.Credits += Math.Sign(seconds) * grant.CostOf(GpuTime.FromSeconds(Math.Abs(seconds))).Units;
        batch.Change(record, tree.At);
        if (Reading is { } reading)
        {
            record.MilliGpus = reading.MilliGpus;
            (record.StartedAt, record.EndedAt) = (charge.Span.StartedAt, charge.Span.EndedAt);
            if (Outage is not null)
                return;
            record.StatedStartedAt = reading.StartedAt == record.StartedAt ? null : reading.StartedAt;
            record.StatedEndedAt = reading.EndedAt == record.EndedAt ? null : reading.EndedAt;
        }
        else
            record.VoidedAt = tree.At;
    }

    /// <summary>The grant, the event and the counters follow. What the grant cannot keep returns.</summary>
    private void Settle(BatchState batch, TreeChanges tree, Grant grant, MeteredTime used, UsageRecord record, UsageCorrection change)
    {
        grant.UsedGpuMicroseconds = used.GpuMicroseconds;
        grant.UsedGpuSeconds = used.Charged.Seconds;
        batch.Change(grant, tree.At);
        var data = new UsageCorrectedData(
            grant.Id,
            grant.OrganizationId,
            record.Id,
            record.VoidedAt is not null,
            change.Seconds,
            grant.UsedGpuSeconds
        );
        var happened = batch.RecordEvent(tree.Id, Actor, GrantEvents.UsageCorrected, data, grant.Livemode);
        Handovers.Record(batch, tree, grant, happened, PinnedContext.RulesOf(batch, tree, grant.PinnedBy), change.Facts);
        if (!change.Returned.IsZero)
            Return(batch, tree, grant, record, change);
        UsageWarnings.Tell(batch, grant, Actor, GpuTime.FromSeconds(grant.UsedGpuSeconds - change.Seconds));
    }

    private void Return(BatchState batch, TreeChanges tree, Grant grant, UsageRecord record, UsageCorrection change)
    {
        var left = grant.Outstanding();
        if (GrantReturn.TryMove(tree, grant, Actor, change.Left - change.Returned, out var returned) is { } refusal)
            throw new InvalidOperationException($"What a correction gave back cannot return: {refusal.Code}.");
        var data = new GrantTimeReturnedData(
            grant.Id,
            grant.OrganizationId,
            record.Id,
            grant.Status,
            returned.Seconds,
            grant.ReturnedGpuSeconds
        );
        Facts.Record(
            batch,
            batch.RecordEvent(tree.Id, Actor, GrantEvents.TimeReturned, data, grant.Livemode),
            grant.PinnedBy,
            PinnedContext.RulesOf(batch, tree, grant.PinnedBy),
            [.. GrantReturn.Counted(batch, tree, grant, returned, grant.Life(), left)]
        );
    }

    /// <summary>Whether its offer keeps GPUs for what the grant has left. Those of a reservation stay its own whatever was used.</summary>
    internal static bool IsPromised(Grant grant) => grant is { Mode: GrantMode.Pooled, IsOpen: true };

    /// <summary>What comes back and no schedule of the offer serves beside what others were promised.</summary>
    private GpuTime Unserved(BatchState batch, TreeChanges tree, Grant grant, GpuTime back) =>
        back.IsZero || !IsPromised(grant)
            ? GpuTime.Zero
            : back - (Serves is { } serves ? serves(back) : OfferPlans.Of(batch, tree, grant).KeptOf(grant.Id, back));

    private UsageCorrection ChangeOf(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        UsageRecord record,
        CorrectedParts parts,
        MeteredTime used
    )
    {
        var more = used.Charged.Seconds - grant.UsedGpuSeconds;
        var use = new CorrectedUse(
            grant.Life(),
            grant.Outstanding(),
            grant.Status == GrantStatus.Ended,
            record.GpuSeconds,
            record.CreatedAt,
            parts,
            more
        )
        {
            Unserved = Unserved(batch, tree, grant, GpuTime.FromSeconds(Math.Max(0, -more))),
        };
        var change = UsageCorrection.Of(PinnedContext.RulesOf(batch, tree, grant.PinnedBy), use, new BatchCounters(batch), tree.At);
        return change.ReturningAtLeast(Handovers.WithoutRoom(batch, tree, grant, change.Facts));
    }
}

/// <summary>A usage record as a correction left it, and what it replaced.</summary>
/// <param name="Record">As it is now.</param>
/// <param name="Replaced">As it was, with the reason.</param>
/// <param name="ReturnReason">One of <see cref="UsageReturnView.Reasons"/>: why something returned, if anything did.</param>
public sealed record CorrectedUsage(UsageRecord Record, UsageRevision Replaced, string ReturnReason);

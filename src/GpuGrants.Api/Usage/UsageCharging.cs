using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>The records of one report that one grant takes, and what they move together.</summary>
internal sealed class UsageCharging
{
    private readonly BatchState _batch;
    private readonly TreeChanges _tree;
    private readonly Grant _grant;
    private readonly Actor _actor;
    private readonly UsageTerms _terms;
    private readonly UsageMeter _meter;
    private readonly List<UsageRecord> _taken = [];
    private readonly Guid _transferId;
    private bool _isOfTime;

    public UsageCharging(BatchState batch, TreeChanges tree, Grant grant, Actor actor)
        : this(
            batch,
            tree,
            grant,
            actor,
            TermsOf(batch, grant, tree.At) with
            {
                Grace = UsageGrace.LeftOf(batch, tree, grant),
            },
            batch.Table<UsageProfiles>().Of(grant.Id)
        ) { }

    private UsageCharging(BatchState batch, TreeChanges tree, Grant grant, Actor actor, UsageTerms terms, UsageProfile profile)
    {
        (_batch, _tree, _grant, _actor, _terms) = (batch, tree, grant, actor, terms);
        _transferId = Guid.CreateVersion7(tree.At);
        _meter = new UsageMeter(terms, MeteredTime.FromMicroseconds(grant.UsedGpuMicroseconds), profile, tree.At);
    }

    /// <summary>Charges time of reserved GPUs, which no report does.</summary>
    public static UsageCharging OfTime(BatchState batch, TreeChanges tree, Grant grant, Actor actor) =>
        new(batch, tree, grant, actor, TermsOf(batch, grant, tree.At) with { IsPaidByTime = false }, new UsageProfile())
        {
            _isOfTime = true,
        };

    /// <summary>Wants what a charge of time needs.</summary>
    public static void PlanTime(BatchState batch, TreeChanges tree, Grant grant)
    {
        UsageTransfers.Plan(tree, grant);
        PlanTerms(batch, grant);
        Handovers.Plan(batch, tree, grant);
        if (CountsUsage(tree))
            PinnedContext.Plan(batch, tree, grant.PinnedBy);
    }

    /// <summary>What the grant allows. While it is ending, it takes usage from before its end.</summary>
    public static UsageTerms TermsOf(BatchState batch, Grant grant, DateTimeOffset at) =>
        new(
            grant.IsOpen || (grant.Status == GrantStatus.Ending && at < grant.SettlesAt),
            grant.StartsAt,
            grant.EndedAt ?? grant.ExpiresAt,
            grant.MostGpus ?? grant.Gpus,
            GpuTime.FromSeconds(grant.GpuSeconds - grant.ReturnedGpuSeconds)
        )
        {
            IsPaidByTime = grant.Mode == GrantMode.Reserved,
            Suspensions = Suspensions.SpansOf(batch, grant),
            Outages = batch.Table<OutageSpans>().Of(grant),
        };

    /// <summary>The terms by which a record was charged last.</summary>
    /// <param name="batch">Has read the dispute of the record's present version.</param>
    /// <param name="grant">The record's grant.</param>
    /// <param name="record">The record.</param>
    /// <param name="terms">What the grant allows now.</param>
    public static UsageTerms CountedTerms(BatchState batch, Grant grant, UsageRecord record, UsageTerms terms) =>
        terms with
        {
            Outages = batch.Table<OutageSpans>().Counted(grant, batch.Rows<UsageDispute>().FindKnown(UsageDispute.KeyOf(record))?.Id),
        };

    /// <summary>Wants what <see cref="TermsOf"/> needs.</summary>
    public static void PlanTerms(BatchState batch, Grant grant)
    {
        Suspensions.Plan(batch, grant);
        batch.Table<OutageSpans>().Want(grant);
    }

    /// <summary>Wants the accounts that usage of the grant moves, and the counters that count it.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Grant grant)
    {
        PlanTime(batch, tree, grant);
        if (UnchargedLadder.PolicyOf(tree, grant).IsEmpty)
            return;
        GrantEnding.Plan(batch, tree, grant);
        UsageGrace.Plan(batch, tree, grant);
    }

    /// <summary>Takes a record, or says why not.</summary>
    /// <param name="item">A record that was not taken before.</param>
    /// <param name="record">Its row; null when it is refused.</param>
    /// <returns>Null when it was taken.</returns>
    public UsageRefusal? Take(UsageItem item, out UsageRecord? record)
    {
        record = null;
        if (_meter.Take(item.Reading, out var charge) is { } refusal)
            return refusal;
        record = ToRecord(item, charge);
        _taken.Add(record);
        return null;
    }

    /// <summary>Moves what all taken records charge together. The meter has checked that the grant's accounts have it.</summary>
    public void Finish()
    {
        if (_taken.Count == 0)
            return;
        UsageGrace.Add(_batch, _tree, _grant, _meter.TopUp);
        var seconds = _taken.Sum(record => record.GpuSeconds);
        if (seconds > 0)
            _tree.Post(UsageTransfers.Charge(_tree, _grant, _actor, _transferId, seconds, TransferReasons.Usage));
        foreach (var record in _taken)
            record.TransferId = seconds > 0 ? _transferId : null;
        var outstanding = _grant.Outstanding();
        _grant.UsedGpuMicroseconds = _meter.Used.GpuMicroseconds;
        _grant.UsedGpuSeconds += seconds;
        var uncharged = _grant.UnchargedGpuMicroseconds;
        _grant.UnchargedGpuMicroseconds += _taken.Sum(record => record.UnchargedGpuMicroseconds);
        _batch.Change(_grant, _tree.At);
        var happened = _batch.RecordEvent(
            _tree.Id,
            _actor,
            GrantEvents.UsageRecorded,
            new UsageData(_grant.Id, _grant.OrganizationId, _taken.Count, seconds, _grant.UsedGpuSeconds),
            _grant.Livemode
        );
        var quotas = CountsUsage(_tree) ? PinnedContext.RulesOf(_batch, _tree, _grant.PinnedBy) : null;
        Handovers.Record(_batch, _tree, _grant, happened, quotas, [.. Used(outstanding)]);
        UsageWarnings.Tell(_batch, _grant, _actor, GpuTime.FromSeconds(_grant.UsedGpuSeconds - seconds));
        // Time passes by itself: nobody used too much of it.
        if (!_isOfTime && uncharged != _grant.UnchargedGpuMicroseconds)
            UnchargedLadder.Climb(_batch, _tree, _grant, _actor, MeteredTime.FromMicroseconds(uncharged));
    }

    private static bool CountsUsage(TreeChanges tree) =>
        tree.Config.Quotas.Compiled.Signatures.Any(signature => signature.Measure == QuotaMeasure.GpuHoursUsed);

    /// <summary>A fact for each stretch of time that was used. Each leaves less outstanding.</summary>
    private IEnumerable<QuotaFact> Used(GpuTime outstanding)
    {
        var parts = _taken
            .Where(record => record.GpuSeconds > 0)
            .SelectMany(record => UsedParts.Of(_batch, _tree, _grant, _terms, record.Span(), GpuTime.FromSeconds(record.GpuSeconds)));
        var cell = _tree.Config.Quotas.Compiled.UseCellMs;
        foreach (var (span, time) in Handovers.ByHolder(_batch, _grant, parts).SelectMany(those => UsageParts.Together(those, cell)))
        {
            yield return QuotaFact.Used(_tree.At, span.EndedAt, time).Since(span.StartedAt).Of(_grant.Life(), outstanding);
            outstanding -= time;
        }
    }

    private UsageRecord ToRecord(UsageItem item, UsageCharge charge)
    {
        var (started, ended) = (charge.Span.StartedAt, charge.Span.EndedAt);
        return new UsageRecord
        {
            RootProgrammeId = _grant.RootProgrammeId,
            ProviderId = _grant.ProviderId,
            Id = item.Id!.Value,
            GrantId = _grant.Id,
            MilliGpus = item.Reading.MilliGpus,
            GpuSeconds = charge.Time.Seconds,
            UnchargedGpuMicroseconds = charge.Uncharged.GpuMicroseconds,
            ExcusedGpuMicroseconds = charge.Excused.GpuMicroseconds,
            Credits = _grant.CostOf(charge.Time).Units,
            StartedAt = started,
            EndedAt = ended,
            StatedStartedAt = item.Reading.StartedAt == started ? null : item.Reading.StartedAt,
            StatedEndedAt = item.Reading.EndedAt == ended ? null : item.Reading.EndedAt,
            ReportedBy = _actor.PrincipalId,
            ClientId = _actor.ClientId,
            Version = 1,
            CreatedAt = _tree.At,
            UpdatedAt = _tree.At,
        };
    }
}

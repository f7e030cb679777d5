using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Independence;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Grants.Outages;

/// <summary>
/// An offer did not serve as promised for a time. What grants on it used then is credited back at once, by corrections of the records, and
/// what is reported later of that time is charged to nobody. Disputed records stay as they are. Once somebody has decided, the same outage,
/// recorded again, credits them.
/// </summary>
public sealed class RecordOutage : Command<Outage>
{
    public required Guid OfferId { get; init; }

    public required Guid ProviderId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required string Evidence { get; init; }

    /// <summary>How long after settlement usage may be corrected.</summary>
    public required TimeSpan Window { get; init; }

    /// <summary>Whether the provider reports it itself; otherwise an administrator confirms it.</summary>
    public required bool ByProvider { get; init; }

    /// <summary>The administrator who confirms it or stands in for the provider; null for operators alone.</summary>
    public Decider? Decider { get; init; }

    private UsageSpan Span => UsageSpan.Between(StartedAt, EndedAt);

    private OutageKey Key => new(Tree.Value, OfferId, Span);

    public override void Plan(BatchState batch)
    {
        Decider?.Plan(batch);
        batch.Tree(Tree).WantAccount(AccountIds.Of(AccountKind.Earned, LedgerUnit.Credit, ProviderId));
        if (batch.Table<OutageRecords>().Ask(Key) is not { Count: <= OutageRecords.Max } records)
            return;
        foreach (var (grant, record) in records)
            Correction(grant, record, null).Plan(batch);
    }

    public override Outcome<Outage> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (EndedAt > tree.At)
            return Refusal.Invalid("endedAt", "State a time that has passed.");
        var found = batch.Table<OutageRecords>().Ask(Key)!;
        if (found.Count > OutageRecords.Max)
            return Refusal.Conflict(
                "outage-too-large",
                $"More than {OutageRecords.Max} usage records lie in this time. Report it in parts.",
                "endedAt"
            );
        var before = batch.Table<OutageRecords>().CountOf(Key) + batch.Rows<Outage>().Inserts.Count(one => one.OfferId == OfferId);
        if (before >= Outage.MaxOfYear)
            return TooMany;
        var affected = Affected(batch, found);
        if (Decider?.Refuse(batch, tree.At, PartiesOf(affected)) is { } own)
            return own;
        var gaining = affected.Where(one => Gains(batch, tree, one.Grant, one.Record)).ToList();
        var disputes = gaining.Select(one => DisputeOf(batch, one.Record)).OfType<Guid>().ToArray();
        var given = gaining
            .Where(one => DisputeOf(batch, one.Record) is null)
            .GroupBy(one => one.Grant)
            .Select(group => (Records: group, Time: GivenBack(batch, tree, group)))
            .ToLookup(one => !one.Time.IsZero && one.Records.Key.IsPayableAt(tree.At, Window));
        if (given[true].Any() && !given[false].Any())
            return Refusal.Conflict("usage-payable", CorrectUsage.PayableText(Window), "startedAt");
        var credits = given[false].Aggregate(Int128.Zero, (sum, one) => sum + one.Records.Key.CostOf(one.Time).Units);
        if (credits > (tree.FindAccount(AccountIds.Of(AccountKind.Earned, LedgerUnit.Credit, ProviderId))?.Available ?? 0))
            return Refusal.Conflict(
                "insufficient-balance",
                "The provider was paid already for what this time would give back.",
                "startedAt"
            );
        batch.Table<OutageSpans>().Add(OfferId, Span, disputes);
        var outage = New(tree.At);
        (outage.Disputes, outage.Payable) = (disputes, given[true].Sum(one => one.Records.Count()));
        var served = Served(batch, tree, [.. given[false].Select(one => (one.Records.Key, one.Time))]);
        foreach (var (grant, record) in given[false].SelectMany(one => one.Records))
            GiveBack(batch, outage, grant, record, back => served.Take(grant.Id, back));
        batch.Rows<Outage>().Insert(outage);
        batch.RecordEvent(
            Tree,
            Actor,
            OfferEvents.Outage,
            new OutageData(OfferId, outage.Id, outage.Records, outage.GpuSeconds),
            affected.Count > 0 ? affected[0].Grant.Livemode : null
        );
        Decider?.Decided(batch, Tree, outage.Id);
        return outage;
    }

    private static Refusal TooMany { get; } =
        Refusal.Conflict(
            "too-many-outages",
            $"The offer has {Outage.MaxOfYear} outages around this time, which is the most of a year. "
                + "Pause the offer while it does not serve.",
            "startedAt"
        ) with
        {
            Limit = Outage.MaxOfYear,
        };

    /// <summary>The records that were read, and those that this very batch has taken.</summary>
    private List<(Grant Grant, UsageRecord Record)> Affected(BatchState batch, IReadOnlyList<(Guid GrantId, Guid RecordId)> found) =>
        [
            .. found
                .Select(one => batch.Rows<UsageRecord>().Find(new RowKey(Tree.Value, ProviderId, one.RecordId))!)
                .Concat(batch.Rows<UsageRecord>().Inserts.Where(one => one.RootProgrammeId == Tree.Value))
                .Where(one => one.VoidedAt is null && !one.Span().Within(Span).IsEmpty)
                .Select(one => (batch.Rows<Grant>().Find(new RowKey(Tree.Value, one.GrantId))!, one))
                .Where(one => one.Item1.OfferId == OfferId),
        ];

    private List<Party> PartiesOf(List<(Grant Grant, UsageRecord Record)> affected) =>
        [
            .. ByProvider ? Array.Empty<Party>() : [Party.Provider(ProviderId)],
            .. affected.Select(one => one.Grant.OrganizationId).Distinct().Select(Party.Organization),
        ];

    /// <summary>The open dispute of a record; null for none.</summary>
    private static Guid? DisputeOf(BatchState batch, UsageRecord record) =>
        batch.Rows<UsageDispute>().FindKnown(UsageDispute.KeyOf(record)) is { Status: UsageDisputeStatus.Open } open ? open.Id : null;

    /// <summary>What grants of the offer allow once this outage is known.</summary>
    private UsageTerms TermsOf(BatchState batch, TreeChanges tree, Grant grant)
    {
        var terms = UsageCharging.TermsOf(batch, grant, tree.At);
        return terms with { Outages = [.. terms.Outages, Span] };
    }

    /// <summary>Whether more of a record is excused than before.</summary>
    private bool Gains(BatchState batch, TreeChanges tree, Grant grant, UsageRecord record)
    {
        var terms = TermsOf(batch, tree, grant);
        return terms.OutageMs(record.Span()) > UsageCharging.CountedTerms(batch, grant, record, terms).OutageMs(record.Span());
    }

    /// <summary>What the records of one grant will give back: exactly what their corrections move.</summary>
    private GpuTime GivenBack(BatchState batch, TreeChanges tree, IGrouping<Grant, (Grant Grant, UsageRecord Record)> credited)
    {
        var grant = credited.Key;
        var terms = TermsOf(batch, tree, grant);
        var used = MeteredTime.FromMicroseconds(grant.UsedGpuMicroseconds);
        var less = credited.Sum(one =>
        {
            var (record, counted) = (one.Record, UsageCharging.CountedTerms(batch, grant, one.Record, terms));
            return record.Charged().Without(terms.Left(record.Charged(), record.MilliGpus, record.Span(), counted)).GpuMicroseconds;
        });
        return used.Charged - used.Without(MeteredTime.FromMicroseconds(less)).Charged;
    }

    /// <summary>
    /// What of the time that comes back the offer has GPUs for, looked at once for all grants. A plan for each record would take long, and
    /// every decision of the programme waits meanwhile.
    /// </summary>
    private static ServedTime Served(BatchState batch, TreeChanges tree, List<(Grant Grant, GpuTime Back)> given)
    {
        List<(Grant Grant, GpuTime Back)> promised = [.. given.Where(one => CorrectUsage.IsPromised(one.Grant) && !one.Back.IsZero)];
        if (promised.Count == 0)
            return new ServedTime([]);
        var kept = OfferPlans.Of(batch, tree, promised[0].Grant).KeptOfAll([.. promised.Select(one => (one.Grant.Id, one.Back))]);
        return new ServedTime(promised.Select((one, i) => (one.Grant.Id, kept[i])));
    }

    private void GiveBack(BatchState batch, Outage outage, Grant grant, UsageRecord record, Func<GpuTime, GpuTime> serves)
    {
        var (seconds, credits, excused) = (record.GpuSeconds, record.Credits, record.ExcusedGpuMicroseconds);
        var reading = new UsageReading(record.MilliGpus, record.StartedAt, record.EndedAt);
        if (!Correction(grant.Id, record.Id, reading, serves).Decide(batch).TryGet(out var corrected, out var refused))
            throw new InvalidOperationException($"An outage could not correct record {record.Id}: {refused.Code}.");
        outage.Records += record.ExcusedGpuMicroseconds > excused ? 1 : 0;
        outage.GpuSeconds += Math.Max(0, seconds - record.GpuSeconds);
        outage.ReturnedGpuSeconds += corrected.Replaced.ReturnedGpuSeconds;
        outage.Credits += Math.Max(0, credits - record.Credits);
    }

    private CorrectUsage Correction(Guid grant, Guid record, UsageReading? reading, Func<GpuTime, GpuTime>? serves = null) =>
        new()
        {
            Tree = Tree,
            Actor = Actor,
            GrantId = grant,
            ProviderId = ProviderId,
            RecordId = record,
            Reading = reading,
            Outage = Span,
            Serves = serves,
            Reason = Evidence,
        };

    private Outage New(DateTimeOffset at) =>
        new()
        {
            RootProgrammeId = Tree.Value,
            Id = Guid.CreateVersion7(at),
            OfferId = OfferId,
            ProviderId = ProviderId,
            StartedAt = Span.StartedAt,
            EndedAt = Span.EndedAt,
            Evidence = Evidence,
            ByProvider = ByProvider,
            ReportedBy = Actor.PrincipalId,
            ClientId = Actor.ClientId,
            CreatedAt = at,
        };
}

/// <summary>How much of the time that comes back to grants their offer has GPUs for. Each correction of a grant takes its part.</summary>
internal sealed class ServedTime(IEnumerable<(Guid Grant, GpuTime Time)> times)
{
    private readonly Dictionary<Guid, GpuTime> _left = times.ToDictionary(one => one.Grant, one => one.Time);

    /// <summary>Takes as much as is there.</summary>
    public GpuTime Take(Guid grant, GpuTime wanted)
    {
        var there = _left.GetValueOrDefault(grant);
        var taken = wanted < there ? wanted : there;
        _left[grant] = there - taken;
        return taken;
    }
}

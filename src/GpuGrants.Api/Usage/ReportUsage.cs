using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>One reported use.</summary>
/// <param name="Id">The reporter's id: sent again, it is the same record.</param>
/// <param name="GrantId">The grant it is charged to.</param>
/// <param name="Tree">The grant's tree; null when there is no such grant.</param>
/// <param name="Reading">How much and when.</param>
public sealed record UsageItem(Guid Id, Guid GrantId, TreeId? Tree, UsageReading Reading);

/// <summary>
/// Charges usage to grants, of one tree or of several. Each record has its own outcome: recorded, repeated, or refused with a reason. The
/// records of one grant move as one transfer.
/// </summary>
public sealed class ReportUsage : Command<UsageReport>
{
    public required IReadOnlyList<UsageItem> Items { get; init; }

    /// <summary>Providers whose grants the caller may charge; null for all.</summary>
    public IReadOnlySet<Guid>? Providers { get; init; }

    public override IEnumerable<TreeId> Trees => Items.Select(item => item.Tree).OfType<TreeId>().Append(Tree).Distinct();

    public override void PlanAhead(BatchState batch)
    {
        foreach (var item in Items)
        {
            if (item.Tree is not { } known)
                continue;
            batch.Rows<UsageRecord>().Want(new RowKey(known.Value, item.GrantId, item.Id));
            batch.Rows<Grant>().Want(new RowKey(known.Value, item.GrantId));
        }
    }

    public override void Plan(BatchState batch)
    {
        foreach (var (id, root) in Items.Select(item => (item.GrantId, item.Tree)).Distinct())
        {
            if (root is not { } known || !batch.Rows<Grant>().TryRead(new RowKey(known.Value, id), out var grant) || grant is null)
                continue;
            var tree = batch.Tree(known);
            var unit = LedgerUnit.Gpu(grant.GpuModelId);
            tree.WantAccount(grant.TimeAccountId);
            tree.WantAccount(grant.CreditAccountId);
            tree.WantAccount(AccountIds.Of(AccountKind.Delivered, unit, grant.ProviderId));
            tree.WantAccount(AccountIds.Of(AccountKind.Earned, LedgerUnit.Credit, grant.ProviderId));
            if (CountsUsage(tree))
                PinnedContext.Plan(batch, tree, grant.ContextId);
        }
    }

    private static bool CountsUsage(TreeChanges tree) =>
        tree.Config.Quotas.Compiled.Signatures.Any(signature => signature.Measure == QuotaMeasure.GpuHoursUsed);

    public override Outcome<UsageReport> Decide(BatchState batch)
    {
        var results = new UsageResult[Items.Count];
        var places = Items.Index().GroupBy(pair => (pair.Item.GrantId, pair.Item.Tree)).ToList();
        foreach (var group in places)
        {
            var grant = group.Key.Tree is { } known ? batch.Rows<Grant>().Find(new RowKey(known.Value, group.Key.GrantId)) : null;
            if (grant is null || (Providers is not null && !Providers.Contains(grant.ProviderId)))
            {
                foreach (var (index, item) in group)
                    results[index] = UsageResult.Refused(
                        item.Id,
                        new UsageRefusal("grant-not-found", "grantId", "There is no such grant, or it is not yours to charge.")
                    );
                continue;
            }

            Charge(batch, batch.Tree(TreeId.Of(grant.RootProgrammeId)), grant, group, results);
        }

        return new UsageReport { Results = results };
    }

    private void Charge(
        BatchState batch,
        TreeChanges tree,
        Grant grant,
        IEnumerable<(int Index, UsageItem Item)> items,
        UsageResult[] results
    )
    {
        var taken = new List<UsageRecord>();
        var transferId = Guid.CreateVersion7(tree.At);
        var remaining = grant.GpuSeconds - grant.UsedGpuSeconds - grant.ReturnedGpuSeconds;
        foreach (var (index, item) in items)
        {
            if (batch.Rows<UsageRecord>().Find(new RowKey(grant.RootProgrammeId, grant.Id, item.Id)) is { } before)
            {
                results[index] = SameOrRefused(item, before);
                continue;
            }

            var terms = new UsageTerms(
                grant.Status == GrantStatus.Active,
                grant.StartsAt,
                grant.ExpiresAt,
                grant.Gpus,
                GpuTime.FromSeconds(remaining)
            );
            if (UsageRules.Check(item.Reading, terms, tree.At) is { } refusal)
            {
                results[index] = UsageResult.Refused(item.Id, refusal);
                continue;
            }

            var record = ToRecord(item, grant, transferId, tree.At);
            remaining -= record.GpuSeconds;
            batch.Rows<UsageRecord>().Insert(record);
            taken.Add(record);
            results[index] = UsageResult.Recorded(item.Id, repeated: false);
        }

        if (taken.Count > 0)
            Move(batch, tree, grant, taken, transferId);
    }

    private void Move(BatchState batch, TreeChanges tree, Grant grant, List<UsageRecord> taken, Guid transferId)
    {
        var seconds = taken.Sum(record => record.GpuSeconds);
        var credits = taken.Sum(record => record.Credits);
        var context = new TransferContext(
            grant.RequestId,
            grant.Id,
            grant.ProgrammeId,
            Actor.PrincipalId,
            Actor.ClientId,
            Actor.OnBehalfOf
        );
        var unit = LedgerUnit.Gpu(grant.GpuModelId);
        var chain = new List<TransferOrder>
        {
            TransferOrder.Posted(
                transferId,
                tree.AccountOf(AccountKind.Grant, unit, grant.Id),
                tree.AccountOf(AccountKind.Delivered, unit, grant.ProviderId),
                seconds,
                TransferReasons.Usage,
                context
            ),
        };
        if (credits > 0)
            chain.Add(
                TransferOrder.Posted(
                    Guid.CreateVersion7(tree.At),
                    tree.AccountOf(AccountKind.Grant, LedgerUnit.Credit, grant.Id),
                    tree.AccountOf(AccountKind.Earned, LedgerUnit.Credit, grant.ProviderId),
                    credits,
                    TransferReasons.Usage,
                    context
                )
            );
        tree.Post(chain);
        grant.UsedGpuSeconds += seconds;
        grant.Version++;
        grant.UpdatedAt = tree.At;
        batch.Rows<Grant>().Update(grant);
        var happened = batch.Happened(
            tree.Id,
            Actor,
            GrantEvents.UsageRecorded,
            new UsageData(grant.Id, grant.OrganizationId, taken.Count, seconds, grant.UsedGpuSeconds),
            grant.Livemode
        );
        // Usage counts at its end, but never in the future: a provider's clock may be ahead of ours.
        Facts.Record(
            batch,
            happened,
            grant.ContextId,
            CountsUsage(tree) ? PinnedContext.Of(batch, tree, grant.ContextId) : null,
            [
                .. taken
                    .GroupBy(record => record.EndedAt < tree.At ? record.EndedAt : tree.At)
                    .Select(group => QuotaFact.Used(tree.At, group.Key, GpuTime.FromSeconds(group.Sum(record => record.GpuSeconds)))),
            ]
        );
    }

    private UsageRecord ToRecord(UsageItem item, Grant grant, Guid transferId, DateTimeOffset at) =>
        new()
        {
            RootProgrammeId = grant.RootProgrammeId,
            GrantId = grant.Id,
            Id = item.Id,
            GpuSeconds = item.Reading.Time.Seconds,
            Credits = Rate.FromMillicredits(grant.MillicreditsPerGpuHour).CostOf(item.Reading.Time).Units,
            StartedAt = item.Reading.StartedAt,
            EndedAt = item.Reading.EndedAt,
            TransferId = transferId,
            ReportedBy = Actor.PrincipalId,
            ClientId = Actor.ClientId,
            CreatedAt = at,
        };

    private static UsageResult SameOrRefused(UsageItem item, UsageRecord before)
    {
        var reading = item.Reading;
        var field =
            before.GpuSeconds != reading.Time.Seconds ? "gpuSeconds"
            : before.StartedAt != reading.StartedAt ? "startedAt"
            : before.EndedAt != reading.EndedAt ? "endedAt"
            : null;
        return field is null
            ? UsageResult.Recorded(item.Id, repeated: true)
            : UsageResult.Refused(
                item.Id,
                new UsageRefusal(
                    "usage-id-reused",
                    field,
                    $"A record with this id was taken before with another {field}. Use a new id for another record."
                )
            );
    }
}

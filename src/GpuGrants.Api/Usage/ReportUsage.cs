using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>
/// Charges usage to grants, of one tree or of several. Each record has its own outcome: recorded, repeated, or refused with a reason. The
/// records of one grant move as one transfer.
/// </summary>
public sealed class ReportUsage : Command<UsageReport>
{
    private static readonly UsageRefusal Unknown = new(
        "grant-not-found",
        "grantId",
        "There is no such grant, or it is not yours to charge."
    );

    private IReadOnlyList<GrantItems>? _groups;

    public required IReadOnlyList<UsageItem> Items { get; init; }

    /// <summary>Providers whose grants the caller may charge; null for all.</summary>
    public IReadOnlySet<Guid>? Providers { get; init; }

    /// <summary>Who stands in for the providers; null where their operators report.</summary>
    public StandIn? StandIn { get; init; }

    public override IEnumerable<TreeId> Trees => Groups.Select(group => group.Tree).Append(Tree).Distinct();

    /// <summary>The records that name a grant, per grant, tree by tree: as a recount of their facts takes them.</summary>
    private IReadOnlyList<GrantItems> Groups =>
        _groups ??= [
            .. Items
                .Index()
                .Where(one => one.Item is { Tree: not null, Refusal: null })
                .GroupBy(one => one.Item.GrantId)
                .Select(group => new GrantItems(group.First().Item.Tree!.Value, group.Key, [.. group]))
                .OrderBy(group => group.Tree.Value),
        ];

    public override void PlanAhead(BatchState batch)
    {
        foreach (var group in Groups)
            batch.Rows<Grant>().Want(group.Key);
    }

    public override void Plan(BatchState batch)
    {
        StandIn?.Plan(batch);
        foreach (var group in Groups)
        {
            if (!batch.Rows<Grant>().TryRead(group.Key, out var grant) || grant is null || !IsMine(grant))
                continue;
            var records = batch.Rows<UsageRecord>();
            foreach (var (_, item) in group.Items)
                records.Want(KeyOf(grant, item));
            batch.Table<UsageProfiles>().Want(grant.Id, SpanOf(group, grant));
            UsageCharging.Plan(batch, batch.Tree(group.Tree), grant);
        }
    }

    public override Outcome<UsageReport> Decide(BatchState batch)
    {
        var results = new UsageResult[Items.Count];
        foreach (var (index, item) in Items.Index())
            results[index] = UsageResult.Refused(item.Id, item.Refusal ?? Unknown);
        foreach (var group in Groups)
            if (batch.Rows<Grant>().Find(group.Key) is { } grant && IsMine(grant))
                Charge(batch, batch.Tree(group.Tree), grant, group, results);
        return new UsageReport { Results = results };
    }

    private void Charge(BatchState batch, TreeChanges tree, Grant grant, GrantItems group, UsageResult[] results)
    {
        if (StandIn?.RefuseGrant(batch, grant, "grantId") is { } own)
        {
            foreach (var (index, item) in group.Items)
                results[index] = UsageResult.Refused(item.Id, new UsageRefusal(own.Code, "grantId", own.Message));
            return;
        }

        var records = batch.Rows<UsageRecord>();
        GrantStart.Due(batch, tree, grant);
        var charging = new UsageCharging(batch, tree, grant, Actor);
        foreach (var (index, item) in group.Items)
        {
            if (records.Find(KeyOf(grant, item)) is { } before)
                results[index] = item.Repeat(before);
            else if (charging.Take(item, out var record) is { } refusal)
                results[index] = UsageResult.Refused(item.Id, refusal);
            else
            {
                records.Insert(record!);
                results[index] = UsageResult.Recorded(record!, repeated: false);
            }
        }

        charging.Finish();
        StandIn?.Decided(batch, group.Tree, grant.Id);
    }

    private bool IsMine(Grant grant) => Providers is null || Providers.Contains(grant.ProviderId);

    private static RowKey KeyOf(Grant grant, UsageItem item) => new(grant.RootProgrammeId, grant.ProviderId, item.Id!.Value);

    /// <summary>Where the records may lie.</summary>
    private static UsageSpan SpanOf(GrantItems group, Grant grant) =>
        UsageSpan
            .Between(group.Items.Min(one => one.Item.Reading.StartedAt), group.Items.Max(one => one.Item.Reading.EndedAt))
            .Within(UsageSpan.Between(grant.StartsAt, grant.EndedAt ?? grant.ExpiresAt));

    private sealed record GrantItems(TreeId Tree, Guid GrantId, IReadOnlyList<(int Index, UsageItem Item)> Items)
    {
        public RowKey Key { get; } = new(Tree.Value, GrantId);
    }
}

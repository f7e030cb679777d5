using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Usage;
using GpuGrants.Grants;
using GpuGrants.Independence;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>Starts a scheduled grant now. It keeps its length, and so ends earlier too. The rules answer as to a request.</summary>
internal sealed class ActivateGrant : GrantCommand
{
    /// <summary>An administrator of the programme, who answers rules that ask for a review; null for a member.</summary>
    public Decider? Decider { get; init; }

    protected override void Plan(BatchState batch, Grant grant)
    {
        GrantRules.Plan(batch, batch.Tree(Tree), grant);
        Lapses.Plan(batch, batch.Tree(Tree));
        Decider?.Plan(batch);
    }

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (grant.StatusAt(tree.At) != GrantStatus.Scheduled)
            return grant.RefuseStanding(
                "grant-not-scheduled",
                tree.At,
                "Only a scheduled grant can be activated.",
                "시작 예정인 지원만 시작할 수 있습니다."
            );
        if (tree.Config.SuspendingFreezeOf(grant) is { } freeze)
            return Refusal.Conflict(
                "grant-frozen",
                $"A freeze of the {freeze.Scope} suspends grants. Wait until it is lifted.",
                "status"
            ) with
            {
                MessageKo = $"{freeze.Scope}의 동결로 지원이 중지됩니다. 동결이 해제될 때까지 기다려 주십시오.",
            };
        Lapses.Close(batch, tree);
        var life = GrantTimes.StartedAt(grant.Life(), tree.At, grant.Mode == GrantMode.Reserved);
        if (Decider?.Refuse(batch, tree.At, Party.Organization(grant.OrganizationId)) is { } own)
            return own;
        if (Against(batch, tree, grant, life) is { } against)
            return against;
        var facts = GrantLives.Moved(batch, tree, grant, () => (grant.StartsAt, grant.ExpiresAt) = (life.From, life.To));
        var happened = GrantStart.Begin(batch, tree, grant, Actor);
        Facts.Record(batch, happened, grant.PinnedBy, PinnedContext.RulesOf(batch, tree, grant.PinnedBy), [.. facts]);
        Decider?.Decided(batch, Tree, grant.Id);
        return null;
    }

    private Refusal? Against(BatchState batch, TreeChanges tree, Grant grant, GrantLife life)
    {
        var rate = Rate.FromMillicredits(grant.MillicreditsPerGpuHour);
        var ask = new QuotaAsk(grant.Outstanding(), rate, grant.Gpus, IsCountedAlready: true, life)
        {
            Part = AskedPart.Dates,
            IsNoRequest = true,
        };
        var quotas = PinnedContext.RulesOf(batch, tree, grant.PinnedBy);
        var decision = QuotaDecision.Decide(quotas, ask, GrantRules.Without(batch, tree, grant), tree.At);
        return ChangeVerdict.Refuse(decision, GrantRules.AgainstDates(batch, tree, grant, life), Decider);
    }
}

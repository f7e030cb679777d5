using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Usage;
using GpuGrants.Independence;
using GpuGrants.People;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>
/// Hands a grant to another project or member of its organization. What was used until now stays with whoever had it, also where it is
/// reported later. What is left counts for the new ones, in the windows in which it counts already. Only limits that the grant meets anew
/// are asked.
/// </summary>
internal sealed class TransferGrant : GrantCommand
{
    public Guid? ProjectId { get; init; }

    public Guid? MemberId { get; init; }

    public string? Reason { get; init; }

    /// <summary>An administrator of the programme, who answers rules that ask for a review; null for a member.</summary>
    public Decider? Decider { get; init; }

    protected override void Plan(BatchState batch, Grant grant)
    {
        var tree = batch.Tree(Tree);
        GrantRules.Plan(batch, tree, grant);
        ActiveProject.Plan(batch, ProjectId);
        Decider?.Plan(batch);
        if (MemberId is { } member)
        {
            batch.Table<NewHolders>().Want(member, grant.OrganizationId);
            batch.Table<AskerAges>().Want(member);
        }

        if (PinnedContext.Find(batch, tree, grant.PinnedBy) is not { } context || batch.Table<NewHolders>().HasWants)
            return;
        var counters = new BatchCounters(batch);
        foreach (var key in tree.Config.Quotas.Compiled.Match(ContextOf(batch, grant, context)).Keys)
            counters.Want(key);
    }

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (!grant.IsOpen || grant.ExpiresAt <= tree.At)
            return grant.RefuseStanding("grant-not-active", tree.At, "It cannot be handed on any more.", "더 이상 넘겨줄 수 없습니다.");
        if (ActiveProject.Check(batch, ProjectId, grant.OrganizationId) is { } unfit)
            return unfit;
        if (MemberId is { } member && batch.Table<NewHolders>().PersonOf(member, grant.OrganizationId) is null)
            return Refusal.Invalid("memberId", "The organization has no such member.") with
            {
                MessageKo = "조직에 그런 구성원이 없습니다.",
            };
        if (MemberId is { } holder && !IsOldEnough(batch, tree, grant, holder))
            return NotEligible;
        if (grant.Handovers >= Handovers.Max)
            return Refusal.Conflict(
                "too-many-handovers",
                $"The grant was handed on {Handovers.Max} times, which is the most. Close it, and ask for another one.",
                "status"
            ) with
            {
                MessageKo = $"이 지원은 최대 횟수인 {Handovers.Max}번 넘겨졌습니다. 종료하고 새로 신청해 주십시오.",
            };
        var old = PinnedContext.RulesOf(batch, tree, grant.PinnedBy);
        var context = ContextOf(batch, grant, old.Context);
        if ((context.ProjectId, context.MemberId) == (old.Context.ProjectId, old.Context.MemberId))
            return Refusal.Conflict("grant-there-already", "The grant is theirs already. State another project or member.") with
            {
                MessageKo = "지원이 이미 그 프로젝트 또는 구성원에게 있습니다. 다른 프로젝트나 구성원을 지정해 주십시오.",
            };
        if (Decider?.Refuse(batch, tree.At, Party.Organization(grant.OrganizationId)) is { } own)
            return own;
        var match = tree.Config.Quotas.Compiled.Match(context);
        if (Against(batch, tree, grant, match.Beyond(old)) is { } against)
            return against;
        GrantStart.Due(batch, tree, grant);
        Hand(batch, tree, grant, old, match);
        Decider?.Decided(batch, Tree, grant.Id);
        return null;
    }

    /// <summary>Whether the member could ask for a grant of the programme, as far as their age goes.</summary>
    private static bool IsOldEnough(BatchState batch, TreeChanges tree, Grant grant, Guid member) =>
        GrantRules.TermsOf(tree, grant).MinorsNeed != MinorsNeed.Confirmation
        || batch.Table<AskerAges>().AgeOf(member).At(tree.At) is AgeStanding.OfAge or AgeStanding.Confirmed;

    /// <summary>It tells other members nothing of anybody's age.</summary>
    private static Refusal NotEligible { get; } =
        Refusal.Conflict(
            "holder-not-eligible",
            "The programme asks for more than the member has shown so far. Hand the grant to another member. "
                + "The member learns what is missing from a dry run of a request of their own: POST /v1/requests?dryRun=true.",
            "memberId"
        ) with
        {
            MessageKo =
                "이 구성원은 아직 프로그램의 조건을 모두 갖추지 못했습니다. 다른 구성원에게 넘겨주십시오. 무엇이 더 필요한지는 해당 구성원이 "
                + "POST /v1/requests?dryRun=true 로 직접 확인할 수 있습니다.",
        };

    /// <summary>What is against it: every limit for a member, and only those that deny for whoever reviews.</summary>
    private Refusal? Against(BatchState batch, TreeChanges tree, Grant grant, QuotaMatch anew)
    {
        var ask = new QuotaAsk(
            grant.Outstanding(),
            Rate.FromMillicredits(grant.MillicreditsPerGpuHour),
            grant.Gpus,
            IsCountedAlready: true,
            grant.Life()
        )
        {
            IsNoRequest = true,
        };
        return ChangeVerdict.Refuse(QuotaDecision.Decide(anew, ask, GrantRules.Without(batch, tree, grant), tree.At), [], Decider);
    }

    private void Hand(BatchState batch, TreeChanges tree, Grant grant, QuotaMatch old, QuotaMatch match)
    {
        var (left, parts) = (grant.PinnedBy, TopUps.PartsOf(batch, grant));
        var decision = GrantContext.Pin(batch, tree, grant, match.Context, Actor, Decider is not null, Reason);
        Handovers.Add(batch, tree, grant);
        grant.ProjectId = match.Context.ProjectId;
        grant.HolderId = MemberId ?? grant.HolderId;
        grant.PinnedBy = decision.Id;
        batch.Change(grant, tree.At);
        var data = new GrantTransferredData(
            grant.Id,
            grant.OrganizationId,
            grant.ProjectId,
            match.Context.MemberId!.Value,
            grant.Outstanding().Seconds
        );
        var happened = batch.RecordEvent(tree.Id, Actor, GrantEvents.Transferred, data, grant.Livemode);
        Facts.Record(batch, happened, left, old, [.. GrantLives.Out(tree, grant, parts)]);
        Facts.Record(batch, happened, decision.Id, match, [.. GrantLives.In(tree, grant, parts)]);
    }

    private QuotaContext ContextOf(BatchState batch, Grant grant, QuotaContext old)
    {
        var context = ProjectId is null ? old : old with { ProjectId = ProjectId };
        if (MemberId is not { } member || batch.Table<NewHolders>().PersonOf(member, grant.OrganizationId) is not { } person)
            return context;
        return context with { MemberId = member, AskerId = person == member ? null : person };
    }
}

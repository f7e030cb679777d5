using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Proposals;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Quotas.Overrides;

/// <summary>Makes an override, or proposes it where its rule asks for several approvals.</summary>
public sealed class MakeOverride : Command<OverrideMade>
{
    /// <summary>The policy's programme; null for one of the platform.</summary>
    public Guid? ProgrammeId { get; init; }

    public required OverrideBody Body { get; init; }

    /// <summary>Roles that the proposer has on the policy's programme or above it.</summary>
    public required IReadOnlyList<string> ReviewerRoles { get; init; }

    public required Decider Decider { get; init; }

    private OverrideDraft Draft => OverrideDraft.Of(Body);

    public override void Plan(BatchState batch)
    {
        Decider.Plan(batch);
        OverrideBook.Plan(batch, batch.Tree(Tree), Draft.PolicyId, Draft.RuleId, Draft.Subject);
        OverrideParties.Plan(batch, Draft.Subject);
    }

    public override Outcome<OverrideMade> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (OverrideBook.Check(batch, tree, Draft, Actor, null, out var row) is { } unfit)
            return unfit;
        if (Decider.Refuse(batch, tree.At, "subject", OverrideParties.Of(batch, tree, row.PolicyId, Draft.Subject)) is { } own)
            return own;
        var need = OverrideBook.NeedOf(batch, tree, row);
        if (need.Count > 1 && !Decider.DecidesAlone(batch, tree.At))
            return OverrideBook.RefuseRole(need, ReviewerRoles) is { } missing ? missing : new OverrideMade(row, Propose(batch, need));
        OverrideBook.Add(batch, tree, row, Actor);
        Decider.Decided(batch, Tree, row.Id);
        return new OverrideMade(row);
    }

    private ChangeProposal Propose(BatchState batch, ApprovalNeed need) =>
        ChangeBook.Propose(
            batch,
            Tree,
            Actor,
            Decider,
            new ChangeDraft(ChangeKinds.Override, ProgrammeId, Draft.PolicyId, ApiJson.WriteText(Body), Draft.Reason, need.Count)
            {
                Roles = need.By,
            }
        );
}

/// <summary>An override was made or ended, or several people have to agree first.</summary>
/// <param name="Override">The override; not stored where others have to agree.</param>
/// <param name="Proposal">What waits for others; null when nothing does.</param>
public sealed record OverrideMade(QuotaOverrideRow Override, ChangeProposal? Proposal = null);

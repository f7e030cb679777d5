using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Independence;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas.Proposals;

/// <summary>An override of a rule that asks for several approvals.</summary>
internal sealed class ProposedOverride(TreeId tree, OverrideBody body) : IProposedChange
{
    private readonly OverrideDraft _draft = OverrideDraft.Of(body);

    public void Plan(BatchState batch, Actor actor)
    {
        OverrideBook.Plan(batch, batch.Tree(tree), _draft.PolicyId, _draft.RuleId, _draft.Subject);
        OverrideParties.Plan(batch, _draft.Subject);
    }

    public IReadOnlyList<Party> Parties(BatchState batch) => OverrideParties.Of(batch, batch.Tree(tree), _draft.PolicyId, _draft.Subject);

    public Outcome<ChangeMade> Apply(BatchState batch, Actor actor)
    {
        var changes = batch.Tree(tree);
        if (OverrideBook.Check(batch, changes, _draft, actor, null, out var row) is { } unfit)
            return unfit;
        OverrideBook.Add(batch, changes, row, actor);
        return new ChangeMade(row.Id);
    }
}

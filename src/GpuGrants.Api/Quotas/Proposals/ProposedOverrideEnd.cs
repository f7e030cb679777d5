using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Api.Store;
using GpuGrants.Independence;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas.Proposals;

/// <summary>The end of an override that lowers the limit of a rule that asks for several approvals.</summary>
internal sealed class ProposedOverrideEnd(TreeId tree, QuotaOverrideRow seen) : IProposedChange
{
    private readonly SubjectId _subject = SubjectId.Parse(seen.SubjectId);

    public void Plan(BatchState batch, Actor actor)
    {
        batch.Rows<QuotaOverrideRow>().Want(new RowKey(tree.Value, seen.Id));
        OverrideParties.Plan(batch, _subject);
    }

    public IReadOnlyList<Party> Parties(BatchState batch) => OverrideParties.Of(batch, batch.Tree(tree), seen.PolicyId, _subject);

    public Outcome<ChangeMade> Apply(BatchState batch, Actor actor)
    {
        var row = batch.Rows<QuotaOverrideRow>().Find(new RowKey(tree.Value, seen.Id))!;
        if (row.EndedAt is not null)
            return Refusal.Conflict("override-ended", "The override has ended already.");
        OverrideBook.End(batch, batch.Tree(tree), row, actor);
        return new ChangeMade(row.Id);
    }
}

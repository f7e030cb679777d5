using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Quotas.Policies;
using GpuGrants.Independence;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas.Proposals;

/// <summary>A version of a policy that loosens it, or the policy's end.</summary>
internal sealed class ProposedPolicy(PolicyRows policy, string zone, PolicyChange change) : IProposedChange
{
    public void Plan(BatchState batch, Actor actor) => policy.Plan(batch);

    public IReadOnlyList<Party> Parties(BatchState batch)
    {
        policy.Find(batch, null, out var row, out var versions);
        return PolicyParties.Of(row, versions);
    }

    public Outcome<ChangeMade> Apply(BatchState batch, Actor actor)
    {
        if (policy.Find(batch, null, out var row, out var versions) is not null)
            return Refusal.Conflict("changed-meanwhile", "The policy has changed at this very moment. Try again.");
        var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
        // Others agreed later than the proposer wanted it to hold: it holds at once.
        var due = change.From > at ? change : change with { From = null };
        if (due.Check(versions, at, zone) is { } refused)
            return refused;
        ChangePolicy.Apply(batch, row, versions, due, actor);
        return new ChangeMade(null);
    }
}

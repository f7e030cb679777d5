using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>Suspends a grant: nothing of it may be used until it is resumed. Its dates run on, and it keeps its time.</summary>
public sealed class SuspendGrant : GrantCommand
{
    public required string Reason { get; init; }

    protected override void Plan(BatchState batch, Grant grant) => Suspensions.Plan(batch, grant);

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (!grant.IsActiveAt(tree.At))
            return grant.RefuseStanding(
                "grant-not-active",
                tree.At,
                "Only an active grant can be suspended.",
                "진행 중인 지원만 중지할 수 있습니다."
            );
        if (grant.Suspensions >= Suspensions.Max)
            return Refusal.Conflict(
                "too-many-suspensions",
                $"The grant was suspended {Suspensions.Max} times, which is the most. Revoke it instead.",
                "status"
            ) with
            {
                MessageKo = $"이 지원은 최대 횟수인 {Suspensions.Max}번 중지되었습니다. 대신 회수해 주십시오.",
            };
        GrantStart.Due(batch, tree, grant);
        Suspensions.Begin(batch, tree, grant, Actor, Reason);
        return null;
    }
}

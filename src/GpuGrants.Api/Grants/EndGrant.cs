using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>
/// Ends the use of a grant: its organization closes it, an administrator revokes it, or it has expired. What cannot have been used goes
/// back to budget and offer at once. The rest stays reserved for usage that is still to be reported.
/// </summary>
public sealed class EndGrant : GrantCommand
{
    /// <summary>One of <see cref="GrantEnd"/>.</summary>
    public required string EndedAs { get; init; }

    public string? Reason { get; init; }

    protected override void Plan(BatchState batch, Grant grant) => GrantEnding.Plan(batch, batch.Tree(Tree), grant);

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (!grant.IsOpen)
            return Refusal.Conflict("grant-not-active", $"The grant is {grant.Status} already.", "status") with
            {
                MessageKo = $"{GrantStatus.SentenceKo(grant.Status)} 이미 끝난 지원은 다시 끝낼 수 없습니다.",
            };
        if (EndedAs == GrantEnd.Expired && tree.At < grant.ExpiresAt)
            return Refusal.Conflict("grant-not-expired", "The grant has not expired yet.", "status");
        GrantStart.Due(batch, tree, grant);
        return GrantEnding.TryEnd(batch, tree, grant, Actor, EndedAs, Reason);
    }
}

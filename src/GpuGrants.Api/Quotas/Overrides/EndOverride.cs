using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Proposals;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Quotas.Overrides;

/// <summary>
/// Ends an override. One may also lower a limit, so ending it benefits its subject, and needs as many people as making one that raises it.
/// </summary>
public sealed class EndOverride : Command<OverrideMade>
{
    /// <summary>The policy's programme; null for one of the platform.</summary>
    public Guid? ProgrammeId { get; init; }

    /// <summary>As the endpoint read it.</summary>
    public required QuotaOverrideRow Seen { get; init; }

    /// <summary>Roles that the proposer has on the policy's programme or above it.</summary>
    public required IReadOnlyList<string> ReviewerRoles { get; init; }

    public required Decider Decider { get; init; }

    public override void Plan(BatchState batch)
    {
        Decider.Plan(batch);
        batch.Rows<QuotaOverrideRow>().Want(new RowKey(Tree.Value, Seen.Id));
        OverrideBook.Plan(batch, batch.Tree(Tree), Seen.PolicyId, Seen.RuleId, SubjectId.Parse(Seen.SubjectId));
        OverrideParties.Plan(batch, SubjectId.Parse(Seen.SubjectId));
    }

    public override Outcome<OverrideMade> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var row = batch.Rows<QuotaOverrideRow>().Find(new RowKey(Tree.Value, Seen.Id))!;
        if (row.EndedAt is not null)
            return Refusal.Conflict("override-ended", "The override has ended already.");
        if (Decider.Refuse(batch, tree.At, OverrideParties.Of(batch, tree, row.PolicyId, SubjectId.Parse(row.SubjectId))) is { } own)
            return own;
        var need = OverrideBook.NeedOf(batch, tree, row, ends: true);
        if (need.Count > 1 && !Decider.DecidesAlone(batch, tree.At))
            return OverrideBook.RefuseRole(need, ReviewerRoles) is { } missing ? missing : new OverrideMade(row, Propose(batch, row, need));
        OverrideBook.End(batch, tree, row, Actor);
        Decider.Decided(batch, Tree, row.Id);
        return new OverrideMade(row);
    }

    private ChangeProposal Propose(BatchState batch, QuotaOverrideRow row, ApprovalNeed need) =>
        ChangeBook.Propose(
            batch,
            Tree,
            Actor,
            Decider,
            new ChangeDraft(
                ChangeKinds.OverrideEnd,
                ProgrammeId,
                row.PolicyId,
                ApiJson.WriteText(new EndedOverride(row.Id)),
                "End an override that lowers the limit.",
                need.Count
            )
            {
                Roles = need.By,
            }
        );
}

/// <summary>An override to end, as a change proposal stores it.</summary>
public sealed record EndedOverride(Guid OverrideId);

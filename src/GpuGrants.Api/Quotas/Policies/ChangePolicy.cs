using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Proposals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>Publishes a policy's draft or retires the policy, or proposes it where a rule in force asks for several approvals.</summary>
public sealed class ChangePolicy : Command<PolicyMade>
{
    public required PolicyRows Policy { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    /// <summary>The programme's.</summary>
    public required string TimeZone { get; init; }

    public required bool Retires { get; init; }

    /// <summary>From when; at once when null.</summary>
    public DateTimeOffset? From { get; init; }

    public required Decider Decider { get; init; }

    public override void Plan(BatchState batch)
    {
        Decider.Plan(batch);
        Policy.Plan(batch);
    }

    public override Outcome<PolicyMade> Decide(BatchState batch)
    {
        var at = batch.Tree(Tree).At;
        if (Policy.Find(batch, ExpectedVersion, out var row, out var versions) is { } stale)
            return stale;
        if (Decider.Refuse(batch, at, PolicyParties.Of(row, versions)) is { } own)
            return own;
        var change = new PolicyChange(Retires, From, Retires ? null : versions.Find(one => one.Status == "draft")?.Document);
        if (change.Check(versions, at, TimeZone) is { } refused)
            return refused;
        var needed = change.ApprovalsNeeded(versions, at);
        if (needed > 1 && !Decider.DecidesAlone(batch, at))
            return new PolicyMade(row, versions, Propose(batch, row, change, needed));
        Apply(batch, row, versions, change, Actor);
        Decider.Decided(batch, Tree, row.Id);
        return new PolicyMade(row, versions);
    }

    /// <summary>Puts a change into effect that was checked.</summary>
    internal static void Apply(BatchState batch, QuotaPolicy row, List<QuotaPolicyVersion> versions, PolicyChange change, Actor actor)
    {
        var tree = GpuGrants.Trees.TreeId.Of(row.RootProgrammeId);
        change.Apply(batch, tree, versions, actor);
        batch.Change(row, batch.Tree(tree).At);
        batch.RecordEvent(
            tree,
            actor,
            change.Retires ? QuotaEvents.PolicyRetired : QuotaEvents.PolicyPublished,
            new PolicyData(row.Id, row.ProgrammeId, row.Version)
        );
    }

    private ChangeProposal Propose(BatchState batch, QuotaPolicy row, PolicyChange change, int needed) =>
        ChangeBook.Propose(
            batch,
            Tree,
            Actor,
            Decider,
            new ChangeDraft(
                Retires ? ChangeKinds.Retirement : ChangeKinds.Policy,
                row.ProgrammeId,
                row.Id,
                ApiJson.WriteText(change),
                Retires ? $"Retire the policy {row.Name}." : $"Publish the draft of {row.Name}, which loosens it.",
                needed
            )
        );
}

/// <summary>A policy as it stands, or what several people have to agree to first.</summary>
/// <param name="Row">The policy.</param>
/// <param name="Versions">Its versions.</param>
/// <param name="Proposal">What waits for others; null when nothing does.</param>
public sealed record PolicyMade(QuotaPolicy Row, List<QuotaPolicyVersion> Versions, ChangeProposal? Proposal = null);

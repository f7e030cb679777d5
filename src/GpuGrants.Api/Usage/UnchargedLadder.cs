using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>What follows use beyond a grant, by the programme's policy: its people are told, it is suspended, or it is revoked.</summary>
internal static class UnchargedLadder
{
    public static UnchargedPolicy PolicyOf(TreeChanges tree, Grant grant) =>
        tree.Config.Programmes.TryGetValue(grant.ProgrammeId, out var programme) ? programme.Uncharged : default;

    /// <summary>Takes the step that is due, when more is uncharged than before.</summary>
    /// <param name="grant">As it is after the use. What its end needs was planned, unless the policy is empty.</param>
    /// <param name="actor">Who reported.</param>
    /// <param name="before">What was uncharged before.</param>
    public static void Climb(BatchState batch, TreeChanges tree, Grant grant, Actor actor, MeteredTime before)
    {
        var uncharged = MeteredTime.FromMicroseconds(grant.UnchargedGpuMicroseconds);
        if (uncharged.GpuMicroseconds <= before.GpuMicroseconds)
            return;
        var policy = PolicyOf(tree, grant);
        var step = grant.IsOpen ? policy.StepAt(uncharged) : UnchargedStep.Notify;
        batch.RecordEvent(
            tree.Id,
            actor,
            GrantEvents.UsageUncharged,
            new UsageUnchargedData(grant.Id, grant.OrganizationId, RoundedUp(uncharged), Words.Of(step)),
            grant.Livemode
        );
        if (step == UnchargedStep.Revoke)
            Revoke(batch, tree, grant, policy.RevokeAfter!.Value);
        else if (step == UnchargedStep.Suspend && grant.Status == GrantStatus.Active && grant.Suspensions < Suspensions.Max)
            Suspensions.Begin(batch, tree, grant, Actor.Service, null);
    }

    private static void Revoke(BatchState batch, TreeChanges tree, Grant grant, GpuTime bound)
    {
        var reason = $"More than {Wire.HoursText(bound)} GPU-hours were used beyond the grant. The programme revokes such grants.";
        if (GrantEnding.TryEnd(batch, tree, grant, Actor.Service, GrantEnd.Revoked, reason) is { } refusal)
            throw new InvalidOperationException($"A grant that was used beyond its end could not be revoked: {refusal.Code}.");
    }

    private static long RoundedUp(MeteredTime time) =>
        (time.GpuMicroseconds + MeteredTime.MicrosecondsPerSecond - 1) / MeteredTime.MicrosecondsPerSecond;
}

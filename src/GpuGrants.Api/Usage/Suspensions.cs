using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>The suspensions of grants, as a batch works on them.</summary>
internal static class Suspensions
{
    /// <summary>The most of one grant.</summary>
    public const int Max = 100;

    /// <summary>Wants all suspensions of the grant. Most grants have none, and read nothing.</summary>
    public static void Plan(BatchState batch, Grant grant)
    {
        for (var number = 1; number <= grant.Suspensions; number++)
            batch.Rows<GrantSuspension>().Want(KeyOf(grant, number));
    }

    /// <summary>When nothing of the grant may be used. The last one has no end while it is suspended.</summary>
    public static IReadOnlyList<UsageSpan> SpansOf(BatchState batch, Grant grant) =>
        [
            .. Enumerable
                .Range(1, grant.Suspensions)
                .Select(number => batch.Rows<GrantSuspension>().Find(KeyOf(grant, number))!)
                .Select(row =>
                    row.EndedAt is { } end
                        ? UsageSpan.Between(row.StartedAt, end)
                        : UsageSpan.Between(row.StartedAt, row.StartedAt) with
                        {
                            ToMs = long.MaxValue,
                        }
                ),
        ];

    /// <summary>The suspension that lasts; null while the grant is not suspended.</summary>
    public static GrantSuspension? PresentOf(BatchState batch, Grant grant) =>
        grant.SuspendedAt is null ? null : batch.Rows<GrantSuspension>().Find(KeyOf(grant, grant.Suspensions));

    /// <summary>Suspends an active grant.</summary>
    /// <param name="reason">Null when the service does it by the programme's policy.</param>
    /// <param name="freezeId">The freeze that does it; null for all others.</param>
    public static void Begin(BatchState batch, TreeChanges tree, Grant grant, Actor actor, string? reason, Guid? freezeId = null)
    {
        grant.Suspensions++;
        grant.SuspendedAt = tree.At;
        batch
            .Rows<GrantSuspension>()
            .Insert(
                new GrantSuspension
                {
                    RootProgrammeId = grant.RootProgrammeId,
                    GrantId = grant.Id,
                    Number = grant.Suspensions,
                    StartedAt = tree.At,
                    Reason = reason,
                    AuthorId = actor.PrincipalId,
                    ClientId = actor.ClientId,
                    FreezeId = freezeId,
                }
            );
        Change(batch, tree, grant, GrantStatus.Suspended);
        Tell(batch, tree, grant, actor, GrantEvents.Suspended);
    }

    /// <summary>Resumes a suspended grant.</summary>
    public static void Resume(BatchState batch, TreeChanges tree, Grant grant, Actor actor, string reason)
    {
        End(batch, grant, actor, reason, tree.At);
        Change(batch, tree, grant, GrantStatus.Active);
        Tell(batch, tree, grant, actor, GrantEvents.Resumed);
    }

    /// <summary>Closes the suspension of a grant whose use ends; nothing when it is not suspended.</summary>
    /// <param name="at">The end of its use, not before the suspension began.</param>
    public static void End(BatchState batch, Grant grant, Actor actor, string? reason, DateTimeOffset at)
    {
        if (grant.SuspendedAt is null)
            return;
        var row = batch.Rows<GrantSuspension>().Find(KeyOf(grant, grant.Suspensions))!;
        (row.EndedAt, row.EndReason, row.EndedBy) = (at, reason, actor.PrincipalId);
        batch.Rows<GrantSuspension>().Update(row);
        grant.SuspendedAt = null;
    }

    private static void Change(BatchState batch, TreeChanges tree, Grant grant, string status)
    {
        grant.Status = status;
        batch.Change(grant, tree.At);
    }

    private static void Tell(BatchState batch, TreeChanges tree, Grant grant, Actor actor, Events.EventType<GrantStandingData> type) =>
        batch.RecordEvent(tree.Id, actor, type, new GrantStandingData(grant.Id, grant.OrganizationId, grant.Status), grant.Livemode);

    private static RowKey KeyOf(Grant grant, int number) => new(grant.RootProgrammeId, grant.Id, Number: number);
}

using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Trees;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>
/// Charges reserved GPUs by time: the service records all of them as used, outside of suspensions. An outage excuses its part of a record.
/// What their provider reports is recorded and charges nothing.
/// </summary>
internal static class ReservedTime
{
    /// <summary>Wants what <see cref="Charge"/> needs.</summary>
    public static void Plan(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (grant.Mode == GrantMode.Reserved)
            UsageCharging.PlanTime(batch, tree, grant);
    }

    /// <summary>Charges the time from what was charged before to a moment within the grant's life.</summary>
    public static void Charge(BatchState batch, TreeChanges tree, Grant grant, Actor actor, DateTimeOffset until)
    {
        if (grant.Mode != GrantMode.Reserved)
            return;
        var span = UsageSpan.Between(grant.ChargedUntil ?? grant.StartsAt, until);
        if (span.IsEmpty)
            return;
        grant.ChargedUntil = span.EndedAt;
        batch.Rows<Grant>().Update(grant);
        var charging = UsageCharging.OfTime(batch, tree, grant, actor);
        // Nobody may use a suspended grant, so its time is no use that somebody did not pay for.
        foreach (var part in span.Without(Suspensions.SpansOf(batch, grant)))
            Record(batch, tree, grant, charging, part);
        charging.Finish();
    }

    private static void Record(BatchState batch, TreeChanges tree, Grant grant, UsageCharging charging, UsageSpan span)
    {
        var item = new UsageItem(
            Guid.CreateVersion7(tree.At),
            grant.Id,
            TreeId.Of(grant.RootProgrammeId),
            new UsageReading(grant.Gpus * UsageReading.MilliPerGpu, span.StartedAt, span.EndedAt)
        );
        if (charging.Take(item, out var record) is { } refusal)
            throw new InvalidOperationException($"Time of grant {grant.Id} cannot be charged: {refusal.Code}.");
        record!.ByTime = true;
        batch.Rows<UsageRecord>().Insert(record);
    }
}

/// <summary>Charges a grant's reserved GPUs for the time that has passed.</summary>
internal sealed class ChargeReserved : Command<Grant>
{
    /// <summary>Reserved grants of which a day or more is not charged yet. One that expired is charged up to its end, once.</summary>
    public const string Sql =
        "select root_programme_id, id from grants where mode is not null and mode = 'reserved' and status not in ('ending', 'ended') "
        + "and coalesce(charged_until, starts_at) <= $1 - interval '24 hours' and coalesce(charged_until, starts_at) < expires_at "
        + "order by coalesce(charged_until, starts_at) limit $2";

    public required Guid GrantId { get; init; }

    public override void Plan(BatchState batch)
    {
        if (batch.Rows<Grant>().TryRead(new Store.RowKey(Tree.Value, GrantId), out var grant) && grant is not null)
            ReservedTime.Plan(batch, batch.Tree(Tree), grant);
    }

    public override Outcome<Grant> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (batch.Rows<Grant>().Find(new Store.RowKey(Tree.Value, GrantId)) is not { IsOpen: true } grant)
            return Refusal.Conflict("grant-not-active", "The grant has ended.", "status");
        ReservedTime.Charge(batch, tree, grant, Actor, tree.At < grant.ExpiresAt ? tree.At : grant.ExpiresAt);
        return grant;
    }
}

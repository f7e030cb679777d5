using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;

namespace GpuGrants.Api.Offers;

/// <summary>Adds and withdraws what an offer can give.</summary>
internal static class OfferCapacity
{
    public static async Task<IResult> AddAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var time = await TimeAsync(http);
        return await OfferChange.RunAsync(
            http,
            seen,
            null,
            OfferEvents.CapacityAdded,
            PlanSupply(seen),
            (batch, row) => Move(batch, row, time.Seconds, http.Actor(), isNew: false)
        );
    }

    public static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var time = await TimeAsync(http);
        return await OfferChange.RunAsync(
            http,
            seen,
            null,
            OfferEvents.CapacityWithdrawn,
            PlanSupply(seen),
            (batch, row) => Move(batch, row, -time.Seconds, http.Actor(), isNew: false)
        );
    }

    private static Action<TreeChanges> PlanSupply(OfferRow row) =>
        tree =>
        {
            tree.WantAccount(AccountIds.Of(AccountKind.Supply, LedgerUnit.Gpu(row.GpuModelId), row.ProviderId));
            tree.WantAccount(row.CapacityAccountId);
        };

    private static async Task<GpuTime> TimeAsync(HttpContext http)
    {
        var body = await http.BodyAsync<CapacityBody>();
        return body.GpuHours is { } hours && GpuTime.TryFromHours(hours, out var time) && !time.IsZero
            ? time
            : throw Problem.Invalid("gpuHours", OfferValidator.HoursRule);
    }

    /// <summary>Moves GPU time from the provider's supply to the offer, or back when negative.</summary>
    public static Refusal? Move(BatchState batch, OfferRow row, long seconds, Actor actor, bool isNew)
    {
        var tree = batch.Tree(TreeId.Of(row.RootProgrammeId));
        var unit = LedgerUnit.Gpu(row.GpuModelId);
        var supply = tree.AccountOf(AccountKind.Supply, unit, row.ProviderId);
        var capacity = tree.AccountOf(AccountKind.Capacity, unit, row.Id, isNew);
        var context = new TransferContext(ProgrammeId: row.ProgrammeId, ActorId: actor.PrincipalId, ClientId: actor.ClientId);
        var order =
            seconds > 0
                ? TransferOrder.Posted(Guid.CreateVersion7(tree.At), supply, capacity, seconds, TransferReasons.Capacity, context)
                : TransferOrder.Posted(Guid.CreateVersion7(tree.At), capacity, supply, -seconds, TransferReasons.Capacity, context);
        return tree.TryPost([order], out var refusal) ? null : Refusal.Of(refusal);
    }
}

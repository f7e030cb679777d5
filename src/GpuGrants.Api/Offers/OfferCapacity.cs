using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;

namespace GpuGrants.Api.Offers;

/// <summary>Adds and withdraws what an offer can give. Only what the programme accepted enters the ledger.</summary>
internal static class OfferCapacity
{
    public static Task<IResult> AddAsync(HttpContext http, GpuGrantsContext db, Guid id) => ChangeAsync(http, db, id, Add);

    public static Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Guid id) => ChangeAsync(http, db, id, Withdraw);

    private static async Task<IResult> ChangeAsync(
        HttpContext http,
        GpuGrantsContext db,
        Guid id,
        Func<BatchState, OfferRow, long, Actor, Outcome<EventType<OfferData>[]>> change
    )
    {
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var time = await TimeAsync(http);
        return await OfferChange.RunAsync(
            http,
            seen,
            null,
            batch => Plan(batch, seen),
            (batch, row) => row.Tranches > 0 ? Dated : change(batch, row, time.Seconds, http.Actor()),
            standIn: http.StandIn()
        );
    }

    private static Refusal Dated =>
        Refusal.Conflict(
            "capacity-is-dated",
            "The offer's capacity is dated tranches. Add one at /v1/offers/{id}/tranches, or withdraw GPUs of one.",
            "gpuHours"
        );

    /// <summary>Wants the accounts that <see cref="Move"/> needs.</summary>
    public static void Plan(BatchState batch, OfferRow row)
    {
        var tree = batch.Tree(TreeId.Of(row.RootProgrammeId));
        tree.WantAccount(AccountIds.Of(AccountKind.Supply, LedgerUnit.Gpu(row.GpuModelId), row.ProviderId));
        tree.WantAccount(row.CapacityAccountId);
        LapsedQuotes.Plan(batch, tree);
    }

    /// <summary>Puts GPU time up: at once within what the programme accepted, else it waits.</summary>
    internal static Outcome<EventType<OfferData>[]> Add(BatchState batch, OfferRow row, long seconds, Actor actor)
    {
        if (seconds > GpuTime.MaxSeconds - row.CapacitySeconds - row.PendingSeconds)
            return Refusal.Invalid("gpuHours", "An offer has at most 100,000,000 GPU-hours in all. Add less.");
        if (!IsAccepted(batch, row, seconds, actor, out var beyond))
        {
            row.PendingSeconds += seconds;
            row.AddProposer(actor.PrincipalId);
            return (EventType<OfferData>[])[OfferEvents.Proposed];
        }

        if (Move(batch, row, seconds, actor, isNew: false) is { } refused)
            return refused;
        StandingTermsUse.Take(batch, row, beyond);
        Count(row, seconds);
        return (EventType<OfferData>[])[OfferEvents.CapacityAdded];
    }

    /// <summary>Whether the programme accepted so much in all, or standing terms accept what goes beyond it.</summary>
    private static bool IsAccepted(BatchState batch, OfferRow row, long seconds, Actor actor, out GpuTime beyond)
    {
        beyond = GpuTime.Zero;
        if (row.AcceptedAt is null)
            return false;
        var consent = OfferRates.Consent(batch, batch.Tree(TreeId.Of(row.RootProgrammeId)), row);
        var total = GpuTime.FromSeconds(row.CapacitySeconds + seconds);
        if (consent.CoversCapacity(total))
            return true;
        beyond = total - consent.Capacity;
        return StandingTermsUse.Admit(batch, row, consent.Rates.Max(one => one.Rate), row.EndsAt, beyond, actor);
    }

    /// <summary>Takes back what waits for the programme first, then what nobody was promised.</summary>
    private static Outcome<EventType<OfferData>[]> Withdraw(BatchState batch, OfferRow row, long seconds, Actor actor)
    {
        LapsedQuotes.Close(batch, batch.Tree(TreeId.Of(row.RootProgrammeId)));
        var waiting = Math.Min(row.PendingSeconds, seconds);
        if (seconds - waiting > row.CapacitySeconds)
            return Refusal.Conflict(
                "insufficient-balance",
                $"The offer has {Wire.Hours(row.PendingSeconds + row.CapacitySeconds)} GPU-hours. Withdraw at most what nobody was promised.",
                "gpuHours"
            );
        if (seconds > waiting && Move(batch, row, waiting - seconds, actor, isNew: false) is { } refused)
            return refused is { Code: RefusalCodes.InsufficientBalance, Limit: { } free }
                ? TooMuch(refused, free + Wire.Hours(waiting))
                : refused;
        row.PendingSeconds -= waiting;
        row.CapacitySeconds -= seconds - waiting;
        return (EventType<OfferData>[])[OfferEvents.CapacityWithdrawn];
    }

    private static Refusal TooMuch(Refusal refused, decimal most) =>
        refused with
        {
            Limit = most,
            Message =
                $"Nobody was promised {most} GPU-hours of the offer. Withdraw at most these, or wait until grants and reviews return more.",
        };

    /// <summary>Puts what waits into the ledger. A refusal leaves the row as it is.</summary>
    public static Refusal? PutPending(BatchState batch, OfferRow row, Actor actor, bool isNew)
    {
        OfferTranches.CountPending(batch, row);
        if (row.PendingSeconds == 0)
            return null;
        if (Move(batch, row, row.PendingSeconds, actor, isNew) is { } refused)
            return refused;
        Count(row, row.PendingSeconds);
        row.PendingSeconds = 0;
        OfferTranches.Open(batch, row);
        return null;
    }

    private static void Count(OfferRow row, long seconds)
    {
        row.CapacitySeconds += seconds;
        row.AcceptedSeconds = Math.Max(row.AcceptedSeconds, row.CapacitySeconds);
    }

    private static async Task<GpuTime> TimeAsync(HttpContext http)
    {
        var body = await http.BodyAsync(new CapacityValidator());
        return Wire.Time(body.GpuHours)!.Value;
    }

    /// <summary>Moves GPU time from the provider's supply to the offer, or back when negative.</summary>
    internal static Refusal? Move(
        BatchState batch,
        OfferRow row,
        long seconds,
        Actor actor,
        bool isNew,
        string reason = TransferReasons.Capacity
    )
    {
        var tree = batch.Tree(TreeId.Of(row.RootProgrammeId));
        var unit = LedgerUnit.Gpu(row.GpuModelId);
        var supply = tree.AccountOf(AccountKind.Supply, unit, row.ProviderId);
        var capacity = tree.AccountOf(AccountKind.Capacity, unit, row.Id, isNew);
        var context = new TransferContext(ProgrammeId: row.ProgrammeId, ActorId: actor.PrincipalId, ClientId: actor.ClientId);
        var order =
            seconds > 0
                ? TransferOrder.Posted(Guid.CreateVersion7(tree.At), supply, capacity, seconds, reason, context)
                : TransferOrder.Posted(Guid.CreateVersion7(tree.At), capacity, supply, -seconds, reason, context);
        return tree.TryPost([order], out var refusal) ? null : Refusal.OfTime(refusal);
    }
}

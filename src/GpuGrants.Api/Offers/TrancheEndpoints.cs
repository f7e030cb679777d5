using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Trees;
using GpuGrants.Units;

namespace GpuGrants.Api.Offers;

/// <summary>Dated capacity: GPUs between two moments, which a provider puts up and takes back.</summary>
internal static class TrancheEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/offers/{id:guid}/tranches", AddAsync)
            .RequireScope(Scopes.Provide)
            .Takes<TrancheBody>()
            .Idempotent()
            .Says(
                "addOfferTranche",
                "Add a tranche",
                "Puts up GPUs between two full hours. The offer then has no GPU-hours without dates. What goes beyond what the programme "
                    + "accepted waits for it. Hours that pass unused go back to your supply."
            )
            .Answers<OfferView>()
            .Refuses(404, 409);
        v1.MapPost("/offers/{id:guid}/tranches/{number:int}/withdraw", WithdrawAsync)
            .RequireScope(Scopes.Provide)
            .Takes<TrancheWithdrawalBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Says(
                "withdrawOfferTranche",
                "Withdraw GPUs of a tranche",
                "Takes GPUs out of a tranche from the next full hour on, down to what is promised. With dryRun=true nothing changes, and "
                    + "the answer lists the grants, reviews and quotes at risk."
            )
            .Answers<TrancheWithdrawalView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> AddAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var body = await http.BodyAsync(new TrancheValidator(http.Now()));
        IReadOnlyList<OfferTranche> tranches = [];
        return await OfferChange.RunAsync(
            http,
            seen,
            null,
            batch => OfferCapacity.Plan(batch, seen),
            (batch, row) =>
            {
                var outcome = Add(batch, row, body, http.Actor());
                tranches = OfferTranches.Shown(batch, row);
                return outcome;
            },
            view => view.With(tranches),
            http.StandIn()
        );
    }

    private static Outcome<EventType<OfferData>[]> Add(BatchState batch, OfferRow row, TrancheBody body, Actor actor)
    {
        var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
        if (row.Tranches == 0 && (row.CapacitySeconds > 0 || row.PendingSeconds > 0))
            return Refusal.Conflict(
                "capacity-not-dated",
                "The offer has GPU-hours without dates. Withdraw them first, or put up another offer.",
                "gpus"
            );
        if (row.Tranches == Tranche.MaxOfOffer)
            return Refusal.Conflict("too-many-tranches", $"An offer has at most {Tranche.MaxOfOffer} tranches. Put up another offer.");
        var start = body.StartsAt?.ToUniversalTime() ?? Tranche.NextHour(at.AddTicks(1)).AddHours(-1);
        var tranche = new Tranche(row.Tranches + 1, body.Gpus!.Value, start, body.EndsAt!.Value.ToUniversalTime());
        var time = tranche.TimeFrom(at);
        if (time.IsZero)
            return Refusal.Invalid("endsAt", "State an end that leaves at least one full hour.");
        OfferTranches.CountPending(batch, row);
        if (!OfferCapacity.Add(batch, row, time.Seconds, actor).TryGet(out var happened, out var refusal))
            return refusal.Field == "gpuHours" ? refusal with { Field = "gpus" } : refusal;
        row.Tranches++;
        batch
            .Rows<OfferTranche>()
            .Insert(
                new OfferTranche
                {
                    RootProgrammeId = row.RootProgrammeId,
                    OfferId = row.Id,
                    Number = tranche.Number,
                    Gpus = tranche.Gpus,
                    PutUpGpus = tranche.Gpus,
                    StartsAt = tranche.StartsAt,
                    EndsAt = tranche.EndsAt,
                    Status = happened.Contains(OfferEvents.CapacityAdded) ? TrancheStatus.Open : TrancheStatus.Proposed,
                    CreatedBy = actor.PrincipalId,
                    CreatedAt = at,
                    UpdatedAt = at,
                }
            );
        OfferTranches.Tell(batch, row);
        return happened;
    }

    private static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Guid id, int number)
    {
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var body = await http.BodyAsync(new TrancheWithdrawalValidator());
        var command = new WithdrawTranche
        {
            Tree = TreeId.Of(seen.RootProgrammeId),
            Actor = http.Actor(),
            Seen = seen,
            Number = number,
            Gpus = body.Gpus!.Value,
            IsDryRun = http.IsDryRun(),
            StandIn = http.StandIn(),
        };
        return command.IsDryRun ? await http.DryRunAsync(command, null, found => new(Show(found))) : await http.RunAsync(command, Show);

        static Answer Show(TrancheWithdrawal found) => Answer.Ok(TrancheWithdrawalView.Of(found));
    }
}

/// <summary>Takes GPUs out of a tranche, or says whom that would harm.</summary>
internal sealed class WithdrawTranche : Command<TrancheWithdrawal>
{
    public required OfferRow Seen { get; init; }

    public required int Number { get; init; }

    public required int Gpus { get; init; }

    /// <summary>Whether only the harm is asked for.</summary>
    public required bool IsDryRun { get; init; }

    /// <summary>The administrator who acts in the provider's place; null where its operators do.</summary>
    public StandIn? StandIn { get; init; }

    public override void Plan(BatchState batch)
    {
        StandIn?.Plan(batch);
        batch.Rows<OfferRow>().Want(OfferChange.KeyOf(Seen));
        OfferTranches.Plan(batch, Seen);
        OfferCapacity.Plan(batch, Seen);
        batch.Tree(Tree).WantPromises(Seen.Id);
    }

    public override Outcome<TrancheWithdrawal> Decide(BatchState batch)
    {
        if (
            batch.Rows<OfferRow>().Find(OfferChange.KeyOf(Seen)) is not { } row
            || OfferTranches.Find(batch, row, Number) is not { } tranche
        )
            return Refusal.NotFound;
        if (StandIn?.RefuseOffer(batch, row) is { } own)
            return own;
        if (OfferChange.RefuseFinal(row) is { } final)
            return final;
        LapsedQuotes.Close(batch, batch.Tree(Tree));
        var found = Look(batch, row, tranche);
        if (IsDryRun)
            return found;
        if (Gpus > found.Withdrawable)
            return Refusal.Conflict(
                "insufficient-balance",
                $"{found.Withdrawable} of the tranche's {tranche.Gpus} GPUs can be withdrawn. "
                    + "The others are promised. A dry run lists to whom.",
                "gpus"
            ) with
            {
                Limit = found.Withdrawable,
            };
        return Withdraw(batch, row, tranche, found);
    }

    private TrancheWithdrawal Look(BatchState batch, OfferRow row, OfferTranche tranche)
    {
        var tree = batch.Tree(Tree);
        var seen = tranche.ToTranche();
        var time = seen.TimeOf(Math.Min(Gpus, tranche.Gpus), tree.At);
        if (tranche.Status != TrancheStatus.Open)
            return new TrancheWithdrawal(seen, Gpus, time, tranche.Gpus, []);
        var inForce = OfferTranches.InForce(batch, row);
        var plan = tree.PlanOf(row.Id, inForce);
        IReadOnlyList<(GpuPromise Promise, GpuTime Lacks)> Risk(int gpus) =>
            plan.AtRisk([.. inForce.Select(one => one.Number == seen.Number ? one with { Gpus = one.Gpus - gpus } : one)]);
        var account = tree.FindAccount(row.CapacityAccountId)?.Available ?? 0;
        var perGpu = Math.Max(1, seen.TimeOf(1, tree.At).Seconds);
        var (some, most) = (0, (int)Math.Clamp(account / perGpu, 0, tranche.Gpus));
        while (some < most)
        {
            var tried = most - ((most - some) / 2);
            (some, most) = Risk(tried).Count == 0 ? (tried, most) : (some, tried - 1);
        }

        return new TrancheWithdrawal(seen, Gpus, time, some, Gpus <= some ? [] : Risk(Math.Min(Gpus, tranche.Gpus)));
    }

    private Outcome<TrancheWithdrawal> Withdraw(BatchState batch, OfferRow row, OfferTranche tranche, TrancheWithdrawal found)
    {
        if (tranche.Status == TrancheStatus.Open && !found.Time.IsZero)
        {
            if (OfferCapacity.Move(batch, row, -found.Time.Seconds, Actor, isNew: false) is { } refused)
                return refused with { Field = "gpus" };
            row.CapacitySeconds -= found.Time.Seconds;
        }

        OfferTranches.Shrink(batch, row, tranche, Gpus);
        OfferTranches.CountPending(batch, row);
        batch.Change(row, batch.Tree(Tree).At);
        OfferChange.Changed(batch, Actor, row, OfferEvents.CapacityWithdrawn);
        StandIn?.Decided(batch, Tree, row.Id);
        return found;
    }
}

/// <summary>What a withdrawal takes, and whom it would harm.</summary>
/// <param name="Tranche">The tranche as it was before.</param>
/// <param name="Gpus">GPUs to withdraw.</param>
/// <param name="Time">What they bring from the next full hour on.</param>
/// <param name="Withdrawable">The most GPUs that can be withdrawn.</param>
/// <param name="AtRisk">Who would lack how much, oldest first.</param>
internal sealed record TrancheWithdrawal(
    Tranche Tranche,
    int Gpus,
    GpuTime Time,
    int Withdrawable,
    IReadOnlyList<(GpuPromise Promise, GpuTime Lacks)> AtRisk
);

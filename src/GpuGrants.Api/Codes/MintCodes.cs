using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests;
using GpuGrants.Independence;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Codes;

/// <summary>Makes a batch of codes and reserves what they need.</summary>
internal sealed class MintCodes : Command<CodeBatch>
{
    public required Guid ProgrammeId { get; init; }

    /// <summary>Checked by <see cref="CodeBatchValidator"/>.</summary>
    public required CodeBatchBody Body { get; init; }

    /// <summary>The batch's id: its codes are made of it.</summary>
    public required Guid BatchId { get; init; }

    /// <summary>By which each code is found, in order. They are made before the tree is locked.</summary>
    public required IReadOnlyList<byte[]> Lookups { get; init; }

    public required Decider Decider { get; init; }

    public override void Plan(BatchState batch)
    {
        Decider.Plan(batch);
        var tree = batch.Tree(Tree);
        if (!tree.Config.Programmes.TryGetValue(ProgrammeId, out var programme))
            return;
        tree.WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, programme.BudgetProgrammeId));
        if (OfferOf(tree, programme) is { } offer)
        {
            tree.WantAccount(offer.CapacityAccountId);
            tree.WantPromises(offer);
        }

        LapsedQuotes.Plan(batch, tree);
    }

    public override Outcome<CodeBatch> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!tree.Config.Programmes.TryGetValue(ProgrammeId, out var programme))
            return Refusal.NotFound;
        if (programme.HasEnded)
            return Refusal.Conflict("programme-ended", "The programme has ended.", "id");
        if (OfferOf(tree, programme) is not { IsOpen: true } offer || offer.RateAt(tree.At) is not { } rate)
            return Refusal.Conflict("offer-not-open", "The programme has no such open offer. List its offers at /v1/offers.", "offerId");
        if (Decider.Refuse(batch, tree.At, Party.Provider(offer.ProviderId)) is { } own)
            return own;
        LapsedQuotes.Close(batch, tree);
        var row = New(tree, programme, offer, rate);
        if ((RefuseTerms(tree, programme, offer, row) ?? RefuseAmounts(tree, offer, row)) is { } refused)
            return refused;
        batch.Rows<CodeBatch>().Insert(row);
        foreach (var number in Enumerable.Range(1, row.Count))
            batch
                .Rows<CodeRow>()
                .Insert(
                    new CodeRow
                    {
                        RootProgrammeId = row.RootProgrammeId,
                        BatchId = row.Id,
                        Number = number,
                        Lookup = Lookups[number - 1],
                    }
                );
        CodeAmounts.Reserve(tree, row, Actor);
        batch.RecordEvent(Tree, Actor, CodeEvents.Minted, CodeCalls.DataOf(row));
        Decider.Decided(batch, Tree, row.Id);
        return row;
    }

    private Offer? OfferOf(TreeChanges tree, ProgrammeConfig programme) =>
        tree.Config.Offers.FirstOrDefault(offer => offer.Id == Body.OfferId && programme.Path.Contains(offer.ProgrammeId));

    /// <summary>Codes that no rule could ever let anybody redeem are not minted.</summary>
    private static Refusal? RefuseTerms(TreeChanges tree, ProgrammeConfig programme, Offer offer, CodeBatch row)
    {
        var duration = TimeSpan.FromSeconds(row.DurationSeconds);
        if (!OfferMatching.TakesSize(offer, row.Time))
            return Refusal.Invalid(
                "gpuHours",
                offer.MaxSize is { } max
                    ? $"The offer takes grants from {Wire.HoursText(offer.MinSize)} to {Wire.HoursText(max)} GPU-hours."
                    : $"The offer takes grants from {Wire.HoursText(offer.MinSize)} GPU-hours on."
            );
        if (row.Gpus > offer.MaxGpus)
            return Refusal.Invalid("gpus", $"A grant on the offer uses at most {offer.MaxGpus} GPUs at once.");
        if (duration > programme.Terms.MaxGrantDuration)
            return Refusal.Invalid(
                "durationDays",
                $"A grant of the programme lasts at most {programme.Terms.MaxGrantDuration.TotalDays} days."
            );
        if (row.RedeemBy <= tree.At)
            return Refusal.Invalid("redeemBy", "State a moment from now on.");
        return
            (offer.EndsAt is { } end && row.RedeemBy + duration > end)
            || (programme.Terms.EndsAt is { } last && row.RedeemBy + duration > last)
            ? Refusal.Invalid(
                "redeemBy",
                "A code that is redeemed last would give a grant beyond the end of the offer or the programme. State an earlier moment, or "
                    + "fewer days."
            )
            : null;
    }

    private static Refusal? RefuseAmounts(TreeChanges tree, Offer offer, CodeBatch row)
    {
        if (row.Count > GpuTime.MaxSeconds / row.GpuSeconds)
            return Refusal.Invalid("count", "All codes together stand for at most 100,000,000 GPU-hours. Mint fewer codes.");
        var capacity = Free(tree, offer, row);
        if (capacity < row.Count * row.GpuSeconds)
            return Refusal.Conflict(
                "capacity-exhausted",
                offer.IsDated
                    ? $"The offer has {Wire.Hours(capacity)} GPU-hours left until the last code's grant would end, and "
                        + $"the codes need {Wire.Hours(row.Count * row.GpuSeconds)}. Mint fewer codes."
                    : $"The offer has {Wire.Hours(capacity)} GPU-hours left, and "
                        + $"the codes need {Wire.Hours(row.Count * row.GpuSeconds)}. Mint fewer codes.",
                "count"
            ) with
            {
                Limit = capacity / row.GpuSeconds,
            };
        var budget = tree.FindAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, row.BudgetProgrammeId))?.Available ?? 0;
        return budget < row.Count * row.Credits
            ? Refusal.Conflict(
                "budget-exhausted",
                $"The budget has {Wire.Credits(Math.Max(0, budget))} credits left, and "
                    + $"the codes need {Wire.Credits(row.Count * row.Credits)}. "
                    + "Mint fewer codes, or fund the programme.",
                "count"
            ) with
            {
                Limit = Math.Max(0, budget) / row.Credits,
            }
            : null;
    }

    /// <summary>
    /// What the offer can still promise. On dated tranches it has to fit between now and the end of the grant that is redeemed last. When a
    /// code is redeemed, the guard asks again for the dates of its grant.
    /// </summary>
    /// <returns>GPU-seconds.</returns>
    private static long Free(TreeChanges tree, Offer offer, CodeBatch row)
    {
        var free = Math.Max(0, tree.FindAccount(offer.CapacityAccountId)?.Available ?? 0);
        if (!offer.IsDated)
            return tree.BecameDated(offer) ? 0 : free;
        var all = GpuTime.FromSeconds(row.Count * row.GpuSeconds);
        var asked = new GpuPromise(Guid.Empty, row.Count * row.Gpus, tree.At, row.RedeemBy.AddSeconds(row.DurationSeconds), all);
        return Math.Min(free, tree.PlanOf(offer).MostFor(asked).Seconds);
    }

    private CodeBatch New(TreeChanges tree, ProgrammeConfig programme, Offer offer, Rate rate)
    {
        var time = Wire.Time(Body.GpuHours)!.Value;
        return new CodeBatch
        {
            RootProgrammeId = Tree.Value,
            Id = BatchId,
            ProgrammeId = ProgrammeId,
            BudgetProgrammeId = programme.BudgetProgrammeId,
            OfferId = offer.Id,
            ProviderId = offer.ProviderId,
            GpuModelId = offer.GpuModelId,
            Name = Body.Name!,
            Purpose = Body.Purpose ?? Body.Name!,
            Tags = Body.Tags ?? [],
            Link = Body.Link,
            GpuSeconds = time.Seconds,
            Gpus = Body.Gpus ?? 1,
            DurationSeconds = (long)TimeSpan.FromDays(Body.DurationDays ?? RequestValidator.DefaultDurationDays).TotalSeconds,
            Credits = rate.CostOf(time).Units,
            Count = Body.Count!.Value,
            RedeemBy = Body.RedeemBy!.Value,
            CreatedBy = Actor.PrincipalId,
            ClientId = Actor.ClientId,
            Version = 1,
            CreatedAt = tree.At,
            UpdatedAt = tree.At,
        };
    }
}

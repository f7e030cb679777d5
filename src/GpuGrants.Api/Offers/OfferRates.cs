using FluentValidation;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Trees;
using GpuGrants.Units;

namespace GpuGrants.Api.Offers;

/// <summary>Sets what an offer costs from a moment on. What the programme has not accepted waits for it.</summary>
internal static class OfferRates
{
    /// <summary>The most rates of one offer that are still to come.</summary>
    private const int MaxComing = 20;

    public static async Task<IResult> SetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var body = await http.BodyAsync(new RateValidator());
        Rate.TryFromCredits(body.Rate!.Value, out var rate);
        return await OfferChange.RunAsync(
            http,
            seen,
            null,
            batch => Want(batch, seen, From(body, batch.Tree(TreeId.Of(seen.RootProgrammeId)).At)),
            (batch, row) => Set(batch, row, body, rate, http.Actor()),
            standIn: http.StandIn()
        );
    }

    /// <summary>Sets a rate. What <see cref="WantNow"/> wants must have been read.</summary>
    internal static Outcome<EventType<OfferData>[]> Set(BatchState batch, OfferRow row, RateBody body, Rate rate, Actor actor)
    {
        var tree = batch.Tree(TreeId.Of(row.RootProgrammeId));
        if (body.EffectiveFrom < tree.At - TimeSpan.FromMinutes(1))
            return Refusal.Invalid("effectiveFrom", "A rate never changes the past. Leave the moment out, or state a later one.");
        var from = From(body, tree.At);
        if (row.AcceptedAt is null)
            return Wait(row, rate, from, actor);
        var isThere = batch.Rows<OfferRate>().Find(Key(row, from)) is not null;
        var consent = Consent(batch, tree, row);
        if (!isThere && consent.Rates.Count(one => one.EffectiveFrom > tree.At) >= MaxComing)
            return Refusal.Invalid("effectiveFrom", $"An offer has at most {MaxComing} rates to come. Replace one of them.");
        if (!consent.CoversRate(new DatedRate(from, rate)) && !StandingTermsUse.Admit(batch, row, rate, row.EndsAt, GpuTime.Zero, actor))
            return Wait(row, rate, from, actor);
        if (isThere && from <= tree.At)
            return Refusal.Conflict(
                "rate-exists",
                "The offer already has a rate from this moment on. State another moment.",
                "effectiveFrom"
            );
        ClearPending(row);
        Put(batch, row, rate.MillicreditsPerGpuHour, from);
        return (EventType<OfferData>[])[OfferEvents.RateSet];
    }

    private static EventType<OfferData>[] Wait(OfferRow row, Rate rate, DateTimeOffset from, Actor actor)
    {
        row.PendingRate = rate.MillicreditsPerGpuHour;
        row.PendingRateFrom = from;
        row.AddProposer(actor.PrincipalId);
        return [OfferEvents.Proposed];
    }

    /// <summary>A rate that is set replaces the one that waits.</summary>
    public static void ClearPending(OfferRow row) => (row.PendingRate, row.PendingRateFrom) = (null, null);

    /// <summary>What the programme accepted of the offer so far.</summary>
    public static OfferConsent Consent(BatchState batch, TreeChanges tree, OfferRow row) =>
        new()
        {
            Capacity = GpuTime.FromSeconds(row.AcceptedSeconds),
            EndsAt = row.AcceptedEndsAt,
            Rates =
            [
                .. tree.Config.Offers.FirstOrDefault(one => one.Id == row.Id)?.Rates ?? [],
                .. batch
                    .Rows<OfferRate>()
                    .Inserts.Where(one => one.OfferId == row.Id)
                    .Select(one => new DatedRate(one.EffectiveFrom, Rate.FromMillicredits(one.MillicreditsPerGpuHour))),
            ],
        };

    /// <summary>Wants what a rate from now on needs.</summary>
    public static void WantNow(BatchState batch, OfferRow row) => Want(batch, row, batch.Tree(TreeId.Of(row.RootProgrammeId)).At);

    /// <summary>Wants the rates from which <see cref="PutPending"/> chooses a place.</summary>
    public static void WantPending(BatchState batch, OfferRow seen)
    {
        if (!batch.Rows<OfferRow>().TryRead(OfferChange.KeyOf(seen), out var row) || row?.PendingRateFrom is null)
            return;
        foreach (var from in PlacesOf(batch, row))
            Want(batch, row, from);
    }

    /// <summary>
    /// Puts the rate that waits in force, from the moment that the provider asked for or, when that has passed, from now on. When another
    /// rate begins now, the accepted one begins a microsecond later.
    /// </summary>
    public static void PutPending(BatchState batch, OfferRow row)
    {
        if (row.PendingRate is not { } rate)
            return;
        var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
        var from = row.AcceptedAt is null
            ? PlacesOf(batch, row)[0]
            : PlacesOf(batch, row).First(one => one > at || batch.Rows<OfferRate>().Find(Key(row, one)) is null);
        Put(batch, row, rate, from, isFirst: row.AcceptedAt is null);
        ClearPending(row);
    }

    private static DateTimeOffset[] PlacesOf(BatchState batch, OfferRow row)
    {
        var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
        return row.PendingRateFrom is { } later && later > at ? [later] : [at, at.AddMicroseconds(1)];
    }

    private static void Put(BatchState batch, OfferRow row, long rate, DateTimeOffset from, bool isFirst = false)
    {
        var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
        if (!isFirst && batch.Rows<OfferRate>().Find(Key(row, from)) is { } there)
        {
            there.MillicreditsPerGpuHour = rate;
            there.ReplacedAt = at;
            batch.Rows<OfferRate>().Update(there);
            return;
        }

        batch
            .Rows<OfferRate>()
            .Insert(
                new OfferRate
                {
                    RootProgrammeId = row.RootProgrammeId,
                    OfferId = row.Id,
                    EffectiveFrom = from,
                    MillicreditsPerGpuHour = rate,
                    CreatedAt = at,
                }
            );
    }

    private static void Want(BatchState batch, OfferRow row, DateTimeOffset from) => batch.Rows<OfferRate>().Want(Key(row, from));

    private static RowKey Key(OfferRow row, DateTimeOffset from) => new(row.RootProgrammeId, row.Id, Number: from.UtcTicks);

    private static DateTimeOffset From(RateBody body, DateTimeOffset at) =>
        body.EffectiveFrom is { } later && later > at ? LedgerTime.Truncate(later) : at;

    private sealed class RateValidator : AbstractValidator<RateBody>
    {
        public RateValidator() => RuleFor(body => body.Rate).Rate().WithMessage(OfferValidator.RateRule);
    }
}

using FluentValidation;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Offers;

/// <summary>Sets what an offer costs from a moment on.</summary>
internal static class OfferRates
{
    public static async Task<IResult> SetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var body = await http.BodyAsync(new RateValidator());
        Units.Rate.TryFromCredits(body.Rate!.Value, out var rate);
        return await OfferChange.RunAsync(
            http,
            seen,
            null,
            OfferEvents.RateSet,
            null,
            (batch, row) =>
            {
                var tree = batch.Tree(TreeId.Of(row.RootProgrammeId));
                var at = tree.At;
                if (body.EffectiveFrom < at - TimeSpan.FromMinutes(1))
                    return Refusal.Invalid("effectiveFrom", "A rate never changes the past. Leave the moment out, or state a later one.");
                var from =
                    body.EffectiveFrom is { } later && later > at ? later.AddTicks(-(later.Ticks % TimeSpan.TicksPerMicrosecond)) : at;
                if (IsSet(batch, tree, row.Id, from))
                    return Refusal.Conflict(
                        "rate-exists",
                        "The offer already has a rate from this moment on. State another moment.",
                        "effectiveFrom"
                    );
                batch
                    .Rows<OfferRate>()
                    .Insert(
                        new OfferRate
                        {
                            RootProgrammeId = row.RootProgrammeId,
                            OfferId = row.Id,
                            EffectiveFrom = from,
                            MillicreditsPerGpuHour = rate.MillicreditsPerGpuHour,
                            CreatedAt = at,
                        }
                    );
                return null;
            }
        );
    }

    /// <summary>Whether a stored rate, or one of the same batch, starts at this moment.</summary>
    private static bool IsSet(BatchState batch, TreeChanges tree, Guid offer, DateTimeOffset from) =>
        tree.Config.Offers.Any(one => one.Id == offer && one.Rates.Any(rate => rate.EffectiveFrom == from))
        || batch.Rows<OfferRate>().Inserts.Any(one => one.OfferId == offer && one.EffectiveFrom == from);

    private sealed class RateValidator : AbstractValidator<RateBody>
    {
        public RateValidator() => RuleFor(body => body.Rate).Rate().WithMessage(OfferValidator.RateRule);
    }
}

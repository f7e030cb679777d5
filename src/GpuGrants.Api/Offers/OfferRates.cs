using FluentValidation;
using GpuGrants.Api.Http;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Offers;

/// <summary>Sets what an offer costs from a moment on.</summary>
internal static class OfferRates
{
    public static async Task<IResult> SetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await OfferChange.OperatedAsync(http, db, id);
        var body = await http.BodyAsync(new RateValidator());
        Units.Rate.TryFromCredits(body.Rate!.Value, out var rate);
        return await OfferChange.RunAsync(http, seen, null, "offer.rate-set", null, (workspace, row) =>
        {
            var at = workspace.Tree(row.RootProgrammeId).At;
            if (body.EffectiveFrom < at - TimeSpan.FromMinutes(1)) return Problem.InvalidAnswer("effectiveFrom", "A rate never changes the past: leave it out, or state a later moment.");
            workspace.Rows<OfferRate>().Insert(new OfferRate { RootProgrammeId = row.RootProgrammeId, OfferId = row.Id, EffectiveFrom = body.EffectiveFrom is { } later && later > at ? later : at, MillicreditsPerGpuHour = rate.MillicreditsPerGpuHour, CreatedAt = at });
            return null;
        });
    }

    private sealed class RateValidator : AbstractValidator<RateBody>
    {
        public RateValidator() => RuleFor(body => body.Rate).Must(rate => rate is { } value && Units.Rate.TryFromCredits(value, out _)).WithMessage(OfferValidator.RateRule);
    }
}

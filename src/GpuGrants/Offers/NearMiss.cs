using System.Globalization;

namespace GpuGrants.Offers;

/// <summary>An offer that suits an ask once one field of the ask is changed.</summary>
/// <param name="Match">The offer with its rate.</param>
/// <param name="Field">The field, by its JSON name.</param>
/// <param name="Value">What the field would have to be.</param>
/// <param name="Ask">The ask with that value.</param>
public sealed record NearMiss(OfferMatching.Match Match, string Field, string Value, OfferAsk Ask)
{
    /// <summary>The one change by which the offer would suit.</summary>
    /// <returns>Null when the offer suits as it is, or when one change is not enough.</returns>
    internal static NearMiss? Of(OfferMatching.Match match, OfferAsk ask)
    {
        var offer = match.Offer;
        NearMiss? only = null;
        var misses = 0;
        void Miss(string field, string? value, OfferAsk changed)
        {
            misses += value is null ? 2 : 1;
            only = value is null ? null : new NearMiss(match, field, value, changed);
        }

        if (ask.IsReserved && !offer.IsDated)
            Miss("mode", "pooled", ask with { IsReserved = false });
        if (ask.GpuModels.Count > 0 && !ask.GpuModels.Contains(offer.GpuModelId))
            Miss("gpuModels", offer.GpuModelId, ask with { GpuModels = [offer.GpuModelId] });
        if (ask.MinGpuMemoryGib is { } memory && offer.GpuMemoryGib < memory)
            Miss("minGpuMemoryGib", Text(offer.GpuMemoryGib), ask with { MinGpuMemoryGib = offer.GpuMemoryGib });
        if (ask.Region is { } region && region != offer.Region)
            Miss("region", offer.Region, ask with { Region = offer.Region });
        if (ask.Gpus > offer.MaxGpus)
            Miss("gpus", Text(offer.MaxGpus), ask with { Gpus = offer.MaxGpus });
        if (offer.StartsAt > ask.StartsAt)
            Miss("startsAt", offer.StartsAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), Later(ask, offer.StartsAt));
        if (offer.EndsAt is { } end && end < (only?.Ask.EndsAt ?? ask.EndsAt))
        {
            var days = Math.Max(0, (end - ask.StartsAt).Days);
            Miss("durationDays", days > 0 ? Text(days) : null, ask with { EndsAt = ask.StartsAt.AddDays(days) });
        }

        return misses == 1 ? only : null;
    }

    private static OfferAsk Later(OfferAsk ask, DateTimeOffset start) =>
        ask with
        {
            StartsAt = start,
            EndsAt = start + (ask.EndsAt - ask.StartsAt),
        };

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}

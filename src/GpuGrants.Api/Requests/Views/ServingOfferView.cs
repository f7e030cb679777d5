using GpuGrants.Api.Json;

namespace GpuGrants.Api.Requests.Views;

/// <summary>What would serve a request, and what it would cost.</summary>
/// <param name="ProviderId">Who runs its GPUs.</param>
/// <param name="GpuModel">The offer's GPU model.</param>
/// <param name="Region">Where the GPUs are.</param>
/// <param name="Rate">Credits per GPU-hour.</param>
/// <param name="Credits">Credits for all GPU-hours asked for.</param>
public sealed record ServingOfferView(Guid OfferId, Guid ProviderId, string GpuModel, string Region, decimal Rate, decimal Credits)
{
    /// <summary>What serves a request that rules approved or referred.</summary>
    /// <returns>Null when no offer serves it.</returns>
    internal static ServingOfferView? Of(Request row) =>
        row.Status != RequestStatus.Denied && row is { OfferId: { } offer, ProviderId: { } provider, MillicreditsPerGpuHour: { } rate }
            ? new ServingOfferView(offer, provider, row.GpuModelId!, row.OfferRegion!, Wire.Rate(rate), Wire.Credits(row.Credits ?? 0))
            : null;
}

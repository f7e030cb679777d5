using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Requests.Views;

/// <summary>Leaves out of a dry run's answer the offers that its caller may not know of.</summary>
internal static class VisibleOffers
{
    /// <summary>The answer with the passed-over offers that the caller may read.</summary>
    /// <param name="http">The call.</param>
    /// <param name="decided">What the dry run came to.</param>
    public static async Task<RequestDecided> OnlyAsync(HttpContext http, RequestDecided decided)
    {
        if (decided.Explanation.PassedOver is not { } passed)
            return decided;
        var ids = passed.Select(one => one.OfferId).ToArray();
        var visible = await OfferChange
            .Visible(http.RequestServices.GetRequiredService<GpuGrantsContext>(), http.Caller())
            .Where(row => ids.Contains(row.Id))
            .Select(row => row.Id)
            .ToHashSetAsync(http.RequestAborted);
        var shown = passed.Where(one => visible.Contains(one.OfferId)).Take(PassedOffers.Max).ToArray();
        // An empty list would tell that there are others.
        return decided with { Explanation = decided.Explanation with { PassedOver = shown.Length > 0 ? shown : null } };
    }
}

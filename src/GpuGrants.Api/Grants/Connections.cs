using System.Globalization;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Grants;

/// <summary>How a grant says the way to its GPUs: its offer's text with the grant's own values.</summary>
internal static class Connections
{
    /// <summary>The filled text; null where the offer has none.</summary>
    public static async Task<string?> OfAsync(HttpContext http, GpuGrantsContext db, Grant grant)
    {
        var text = await db.Set<OfferRow>()
            .Where(row => row.RootProgrammeId == grant.RootProgrammeId && row.Id == grant.OfferId)
            .Select(row => row.Connection)
            .FirstOrDefaultAsync(http.RequestAborted);
        return text is null ? null : ConnectionText.Fill(text, ValuesOf(grant));
    }

    private static ConnectionValues ValuesOf(Grant grant) =>
        new()
        {
            GrantId = grant.Id,
            OfferId = grant.OfferId,
            OrganizationId = grant.OrganizationId,
            ProgrammeId = grant.ProgrammeId,
            ProjectId = grant.ProjectId,
            GpuModel = grant.GpuModelId,
            Gpus = grant.Gpus.ToString(CultureInfo.InvariantCulture),
            Region = grant.Region,
            StartsAt = UtcMoments.Text(grant.StartsAt),
            ExpiresAt = UtcMoments.Text(grant.ExpiresAt),
        };
}

using System.Text.Json;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas;

/// <summary>Asking where one stands.</summary>
public static class HeadroomEndpoints
{
    private const int MaxProgrammes = 20;

    public static void Map(RouteGroupBuilder v1) =>
        v1.MapGet("/organizations/{id:guid}/quotas", ReadAsync).RequireScope(Scopes.Read).Asks("programmeId")
            .Says("getQuotas", "Read an organization's headroom", "Each limit that bears on it, with used, held, remaining and resetsAt; of one programme or of all that are active.").Answers<Page<HeadroomView>>().Refuses(404);

    private static async Task<IResult> ReadAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        await OrganizationEndpoints.VisibleAsync(http, db, id);
        var only = http.IdFilter("programmeId");
        var programmes = await db.Set<Programme>().AsNoTracking().Where(row => only == null ? row.Status == "active" : row.Id == only).OrderBy(row => row.Id).Take(MaxProgrammes)
            .Select(row => new { row.Id, row.RootProgrammeId }).ToListAsync(http.RequestAborted);
        if (only is not null && programmes.Count == 0) throw Problem.NotFound();
        var runner = http.RequestServices.GetRequiredService<BatchRunner>();
        var views = new List<HeadroomView>();
        foreach (var programme in programmes)
        {
            var answer = await runner.DryRunAsync(new ReadHeadroom { Tree = programme.RootProgrammeId, Actor = http.Actor(), ProgrammeId = programme.Id, OrganizationId = id }, http.RequestAborted);
            if (answer.Status == 200) views.Add(JsonSerializer.Deserialize<HeadroomView>(answer.Body.Span, ApiJson.Options)!);
        }

        return TypedResults.Json(new Page<HeadroomView>(views, null), ApiJson.Options);
    }
}

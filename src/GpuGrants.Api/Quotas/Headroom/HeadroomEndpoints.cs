using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Headroom;

/// <summary>Asking where one stands.</summary>
public static class HeadroomEndpoints
{
    private const int MaxProgrammes = 20;

    public static void Map(RouteGroupBuilder v1) =>
        v1.MapGet("/organizations/{id:guid}/headroom", ReadAsync)
            .RequireScope(Scopes.Read)
            .Asks("programmeId")
            .Says(
                "getHeadroom",
                "Read an organization's headroom",
                "Lists each limit with used, held, remaining and resetsAt, for one programme or all active ones. Reviewers "
                    + "see the programmes that they review."
            )
            .Answers<Page<HeadroomView>>()
            .Refuses(404);

    private static async Task<IResult> ReadAsync(HttpContext http, Guid id)
    {
        var isReviewer = !http.Caller().BelongsTo(id) && !http.Caller().IsPlatformAdministrator;
        if (!http.Caller().BelongsTo(id))
            await OrganizationEndpoints.VisibleAsync(http, Db(http), id);
        var only = http.IdFilter("programmeId");
        var programmes = only is { } wanted ? [(wanted, await TreeAsync(http, wanted, isReviewer))] : await ActiveAsync(http, isReviewer);
        var reader = http.RequestServices.GetRequiredService<HeadroomReader>();
        var views = new List<HeadroomView>();
        foreach (var (programme, tree) in programmes)
            if (await reader.ReadAsync(tree, programme, id, http.Actor(), http.RequestAborted) is { } view)
                views.Add(view);
        return new AnswerResult(Answer.Ok(new Page<HeadroomView>(views, null)));
    }

    /// <summary>Opened only when needed: most calls come from members about a known programme.</summary>
    private static GpuGrantsContext Db(HttpContext http) => http.RequestServices.GetRequiredService<GpuGrantsContext>();

    private static async Task<TreeId> TreeAsync(HttpContext http, Guid programme, bool isReviewer)
    {
        if (isReviewer && !http.Caller().Reviews((await ProgrammeEndpoints.FindAsync(http, Db(http), programme)).Path))
            throw Problem.NotFound();
        return await http.RequestServices.GetRequiredService<ProgrammeRoots>().FindAsync(http, programme) ?? throw Problem.NotFound();
    }

    private static async Task<List<(Guid Programme, TreeId Tree)>> ActiveAsync(HttpContext http, bool isReviewer)
    {
        var reviewed = http.Caller().ReviewedProgrammes;
        var rows = await ProgrammeSight
            .Visible(Db(http), http.Caller())
            .Where(row => row.Status == "active" && (!isReviewer || row.Path.Any(one => reviewed.Contains(one))))
            .OrderBy(row => row.Id)
            .Take(MaxProgrammes)
            .Select(row => new { row.Id, row.RootProgrammeId })
            .ToListAsync(http.RequestAborted);
        return [.. rows.Select(row => (row.Id, TreeId.Of(row.RootProgrammeId)))];
    }
}

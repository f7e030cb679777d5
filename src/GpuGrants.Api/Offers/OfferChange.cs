using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>What all changes of an offer share.</summary>
internal static class OfferChange
{
    public static async Task<OfferRow> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await db.Set<OfferRow>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted) ?? throw Problem.NotFound();

    /// <summary>The same if the caller operates its provider.</summary>
    public static async Task<OfferRow> OperatedAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Caller().Operates(row.ProviderId) ? row : throw Problem.Forbidden("Only the provider's operators change its offers.");
    }

    /// <summary>Has the pipeline change the offer, unless it has changed meanwhile or has ended.</summary>
    public static Task<IResult> RunAsync(
        HttpContext http,
        OfferRow seen,
        long? expected,
        string type,
        Action<TreeWork>? plan,
        Func<Workspace, OfferRow, Answer?> change
    ) =>
        http.RunAsync(
            new Change
            {
                Tree = seen.RootProgrammeId,
                Actor = http.Actor(),
                IdempotencyKey = http.IdempotencyKey(),
                Planning = workspace =>
                {
                    workspace.Rows<OfferRow>().Want(new RowKey(seen.RootProgrammeId, seen.Id));
                    plan?.Invoke(workspace.Tree(seen.RootProgrammeId));
                },
                Deciding = workspace =>
                {
                    var row = workspace.Rows<OfferRow>().Find(new RowKey(seen.RootProgrammeId, seen.Id))!;
                    if (expected is { } version && version != row.Version)
                        return Problem.Stale(row.Version);
                    if (row.Status == "ended")
                        return Problem.Conflict("offer-ended", "The offer has ended for good.", "status");
                    if (change(workspace, row) is { } refused)
                        return refused;
                    row.Version++;
                    row.UpdatedAt = workspace.Tree(seen.RootProgrammeId).At;
                    workspace.Rows<OfferRow>().Update(row);
                    Changed(workspace, http.Actor(), row, type);
                    return Http.Answers.Ok(OfferView.Of(row), row.Version);
                },
            }
        );

    public static void Changed(Workspace workspace, Actor actor, OfferRow row, string type)
    {
        workspace.Happened(
            row.RootProgrammeId,
            actor,
            type,
            "offer",
            row.Id.ToString(),
            null,
            ApiJson.WriteText(
                new
                {
                    offerId = row.Id,
                    status = row.Status,
                    version = row.Version,
                }
            )
        );
        workspace.Tree(row.RootProgrammeId).MarkConfigChanged();
    }
}

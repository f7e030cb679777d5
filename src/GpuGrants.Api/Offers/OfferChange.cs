using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
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
        EventType<OfferData> type,
        Action<TreeChanges>? plan,
        Func<BatchState, OfferRow, Refusal?> change
    ) =>
        http.RunAsync(
            new ChangeResource<OfferRow>
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                Actor = http.Actor(),
                Key = new RowKey(seen.RootProgrammeId, seen.Id),
                ExpectedVersion = expected,
                Planning = batch => plan?.Invoke(batch.Tree(TreeId.Of(seen.RootProgrammeId))),
                Changing = (batch, row) =>
                    row.Status == "ended" ? Refusal.Conflict("offer-ended", "The offer has ended for good.", "status") : change(batch, row),
                Recording = (batch, row) => Changed(batch, http.Actor(), row, type),
            },
            row => Http.Answers.Ok(OfferView.Of(row), row.Version)
        );

    public static void Changed(BatchState batch, Actor actor, OfferRow row, EventType<OfferData> type)
    {
        batch.Happened(TreeId.Of(row.RootProgrammeId), actor, type, new OfferData(row.Id, row.Status, row.Version));
        batch.Tree(TreeId.Of(row.RootProgrammeId)).MarkConfigChanged();
    }
}

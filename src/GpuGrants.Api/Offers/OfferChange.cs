using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>What all changes of an offer share.</summary>
internal static class OfferChange
{
    /// <summary>
    /// The offers that the caller may know of: what programmes accepted that it may know of, and those on which it is a side.
    /// </summary>
    /// <param name="db">For reading.</param>
    /// <param name="caller">Null for somebody without a token, who sees what public programmes accepted.</param>
    public static IQueryable<OfferRow> Visible(GpuGrantsContext db, Caller? caller)
    {
        var programmes = ProgrammeSight.Visible(db, caller).Select(one => one.Id);
        if (caller is null)
            return db.Set<OfferRow>().Where(row => row.AcceptedAt != null && programmes.Contains(row.ProgrammeId));
        if (caller.IsPlatformAdministrator)
            return db.Set<OfferRow>();
        var (operated, reviewed) = (caller.Providers, ReviewedProgrammes.Ids(db, caller));
        return db.Set<OfferRow>()
            .Where(row =>
                operated.Contains(row.ProviderId)
                || reviewed.Contains(row.ProgrammeId)
                || (row.AcceptedAt != null && programmes.Contains(row.ProgrammeId))
            );
    }

    public static async Task<OfferRow> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.CallerOrNobody()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    /// <summary>The same if the caller operates its provider.</summary>
    public static async Task<OfferRow> OperatedAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Caller().Operates(row.ProviderId) ? row : throw Problem.Forbidden("Only the provider's operators change its offers.");
    }

    /// <summary>
    /// Has the pipeline change the offer, unless it has changed meanwhile, has ended or was rejected. The change returns what happened, or
    /// refuses before it has changed anything.
    /// </summary>
    /// <param name="http">The call.</param>
    /// <param name="seen">The offer, as the endpoint read it.</param>
    /// <param name="expected">The versions that the caller read; null for any.</param>
    /// <param name="plan">Wants what the change reads.</param>
    /// <param name="change">The change.</param>
    /// <param name="shown">What the answer shows besides.</param>
    /// <param name="standIn">The administrator who acts in the provider's place; null where nobody does.</param>
    public static Task<IResult> RunAsync(
        HttpContext http,
        OfferRow seen,
        ExpectedVersions? expected,
        Action<BatchState>? plan,
        Func<BatchState, OfferRow, Outcome<EventType<OfferData>[]>> change,
        Func<OfferView, OfferView>? shown = null,
        StandIn? standIn = null
    )
    {
        EventType<OfferData>[] happened = [];
        return http.RunAsync(
            new ChangeResource<OfferRow>
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                Actor = http.Actor(),
                Key = KeyOf(seen),
                ExpectedVersion = expected,
                Planning = batch =>
                {
                    StandingTermsUse.Plan(batch, seen);
                    OfferTranches.Plan(batch, seen);
                    standIn?.Plan(batch);
                    plan?.Invoke(batch);
                },
                Changing = (batch, row) =>
                {
                    if (standIn?.RefuseOffer(batch, row) is { } own)
                        return own;
                    if (RefuseFinal(row) is { } final)
                        return final;
                    if (!change(batch, row).TryGet(out var types, out var refusal))
                        return refusal;
                    happened = types;
                    return null;
                },
                Recording = (batch, row) =>
                {
                    standIn?.Decided(batch, TreeId.Of(row.RootProgrammeId), row.Id);
                    Changed(batch, http.Actor(), row, happened);
                },
            },
            row =>
            {
                var view = OfferView.To(http.Caller(), row);
                return Answer.Ok(shown is null ? view : shown(view), row.Version);
            }
        );
    }

    public static void Changed(BatchState batch, Actor actor, OfferRow row, params ReadOnlySpan<EventType<OfferData>> types)
    {
        foreach (var type in types)
            batch.RecordEvent(TreeId.Of(row.RootProgrammeId), actor, type, new OfferData(row.Id, row.Status, row.Version));
        batch.Tree(TreeId.Of(row.RootProgrammeId)).MarkConfigChanged();
    }

    public static RowKey KeyOf(OfferRow row) => new(row.RootProgrammeId, row.Id);

    /// <summary>Why nothing of the offer changes any more; null while it may.</summary>
    internal static Refusal? RefuseFinal(OfferRow row) =>
        row.Status switch
        {
            OfferStatus.Ended => Refusal.Conflict("offer-ended", "The offer has ended for good.", "status"),
            OfferStatus.Rejected => Refusal.Conflict(
                "offer-rejected",
                "The programme has rejected the offer for good. Agree with its administrators and put up another one.",
                "status"
            ),
            _ => null,
        };
}

using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>A programme accepts or rejects what a provider proposes. Nobody decides for the programme who acts for the provider.</summary>
internal static class OfferVerdicts
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/offers/{id:guid}/accept", AcceptAsync)
            .RequireScope(Scopes.Administer)
            .Idempotent()
            .Conditional()
            .Says(
                "acceptOffer",
                "Accept an offer",
                "For administrators of the programme whose budget the offer would draw on, who do not operate its provider. Accepts all that "
                    + "waits: a proposed offer, a higher rate, more capacity, a later end."
            )
            .Answers<OfferView>();
        v1.MapPost("/offers/{id:guid}/reject", RejectAsync)
            .RequireScope(Scopes.Administer)
            .Takes<OfferRejectionBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "rejectOffer",
                "Reject an offer",
                "For administrators of the offer's programme who do not operate its provider. Turns down a proposed offer for good, or what waits on an accepted one. When nothing waits, "
                    + "the programme takes its consent back: the offer serves no more requests, and grants on it run on."
            )
            .Answers<OfferView>();
    }

    private static async Task<IResult> AcceptAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await DecidableAsync(http, db, id, spends: true);
        var decider = http.Decider();
        return await OfferChange.RunAsync(
            http,
            seen,
            http.IfMatch(),
            batch =>
            {
                decider.Plan(batch);
                batch.Rows<Programme>().Want(new RowKey(seen.ProgrammeId));
                batch.Rows<GpuModel>().Want(RowKey.Of(seen.GpuModelId));
                OfferCapacity.Plan(batch, seen);
                OfferRates.WantPending(batch, seen);
            },
            (batch, row) => Accept(batch, row, http.Actor(), decider)
        );
    }

    private static Outcome<EventType<OfferData>[]> Accept(BatchState batch, OfferRow row, Actor actor, Decider decider)
    {
        if (RefuseOwn(batch, row, decider) is { } own)
            return own;
        if (!row.HasPending())
            return Refusal.Conflict("nothing-proposed", "Nothing of the offer waits for the programme. Read the offer.", "status");
        if (batch.Rows<Programme>().Find(new RowKey(row.ProgrammeId)) is { Status: "ended" })
            return Refusal.Conflict("programme-ended", "The programme has ended.", "programmeId");
        if (!CreateOffer.IsOffered(batch, row.GpuModelId))
            return Refusal.Conflict("gpu-model-retired", $"The GPU model {row.GpuModelId} is retired: nothing more of it is accepted.");
        if (PutPending(batch, row, actor, isNew: false) is { } refused)
            return refused;
        // People may accept what lies beyond standing terms, which then say nothing of the offer any more.
        row.StandingTermsId = null;
        row.DecidedBy = actor.PrincipalId;
        decider.Decided(batch, TreeId.Of(row.RootProgrammeId), row.Id);
        return (EventType<OfferData>[])[OfferEvents.Accepted];
    }

    /// <summary>Puts all that waits in force. A refusal leaves the row as it is.</summary>
    public static Refusal? PutPending(BatchState batch, OfferRow row, Actor actor, bool isNew)
    {
        var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
        if (OfferCapacity.PutPending(batch, row, actor, isNew) is { } refused)
            return refused;
        // The offer's row goes into the database before its rates do.
        if (isNew)
            batch.Rows<OfferRow>().Insert(row);
        OfferRates.PutPending(batch, row);
        if (row.PendingEnd)
            row.EndsAt = row.PendingEndsAt;
        if (row.PendingEnd || row.AcceptedAt is null)
            row.AcceptedEndsAt = row.EndsAt;
        (row.PendingEnd, row.PendingEndsAt) = (false, null);
        row.ProposedBy = [];
        row.AcceptedAt ??= at;
        row.Status = row.Status == OfferStatus.Proposed ? OfferStatus.Open : row.Status;
        (row.DecidedBy, row.DecidedAt, row.RejectionReason) = (null, at, null);
        return null;
    }

    private static async Task<IResult> RejectAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var seen = await DecidableAsync(http, db, id, spends: false);
        var body = await http.BodyAsync(new OfferRejectionValidator());
        var decider = http.Decider();
        return await OfferChange.RunAsync(
            http,
            seen,
            http.IfMatch(),
            decider.Plan,
            (batch, row) => Reject(batch, row, body.Reason!, http.Actor(), decider)
        );
    }

    private static Outcome<EventType<OfferData>[]> Reject(BatchState batch, OfferRow row, string reason, Actor actor, Decider decider)
    {
        if (RefuseOwn(batch, row, decider) is { } own)
            return own;
        if (row.AcceptedAt is null || !row.HasPending())
            row.Status = OfferStatus.Rejected;
        Withdraw(batch, row);
        (row.DecidedBy, row.DecidedAt, row.RejectionReason) = (actor.PrincipalId, batch.Tree(TreeId.Of(row.RootProgrammeId)).At, reason);
        decider.Decided(batch, TreeId.Of(row.RootProgrammeId), row.Id);
        return (EventType<OfferData>[])[OfferEvents.Rejected];
    }

    /// <summary>Nothing waits any more.</summary>
    public static void Withdraw(BatchState batch, OfferRow row)
    {
        OfferTranches.Reject(batch, row);
        OfferRates.ClearPending(row);
        (row.PendingSeconds, row.PendingEnd, row.PendingEndsAt) = (0, false, null);
        row.ProposedBy = [];
    }

    /// <summary>An administrator may put up an offer in a provider's place, and then is of that side.</summary>
    private static Refusal? RefuseOwn(BatchState batch, OfferRow row, Decider decider) =>
        decider.Refuse(batch, batch.Tree(TreeId.Of(row.RootProgrammeId)).At, Party.Provider(row.ProviderId))
        ?? (
            decider.IsAmong(batch, row.ProposedBy)
                ? Refusal.Conflict("own-offer", "You proposed it. Another administrator of the programme has to decide.")
                : null
        );

    /// <summary>The offer, if the caller decides for its programme.</summary>
    private static async Task<OfferRow> DecidableAsync(HttpContext http, GpuGrantsContext db, Guid id, bool spends)
    {
        var row = await OfferChange.FindAsync(http, db, id);
        var programme = await db.Set<Programme>().AsNoTracking().FirstAsync(one => one.Id == row.ProgrammeId, http.RequestAborted);
        Require(http.Caller(), programme, spends);
        return row;
    }

    /// <param name="caller">Who decides.</param>
    /// <param name="programme">For which programme.</param>
    /// <param name="spends">Whether the answer lets offers draw on the budget, which may be that of a programme above.</param>
    /// <exception cref="ProblemException">
    /// The caller does not administer the programme, or the one that pays.
    /// </exception>
    public static void Require(Caller caller, Programme programme, bool spends)
    {
        if (!caller.Administers(programme.Path))
            throw Problem.Forbidden("Only administrators of the programme, or of one above it, decide on offers to it.");
        if (spends && !caller.Administers(programme.PayersPath()))
            throw Problem.Forbidden(
                $"The programme spends the budget of programme {programme.BudgetProgrammeId}. An administrator of that one has to decide."
            );
    }
}

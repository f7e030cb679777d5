using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>Moving credits by hand, by orders of the ledger's own kind.</summary>
public static class TransferEndpoints
{
    private static readonly TimeSpan MaxHold = TimeSpan.FromDays(366);

    public static void Map(RouteGroupBuilder v1) =>
        v1.MapPost("/transfers", PostAsync)
            .RequireScope(Scopes.Administer)
            .Takes<TransfersBody>()
            .Idempotent()
            .Says(
                "postTransfers",
                "Move credits by hand",
                "Takes 1 to 100 transfers of one tree under ids of your own: posted, pending, post, void or correct. Linked "
                    + "transfers happen all or not at all. Each id keeps its first answer for good, also a refusal after the "
                    + "balance has grown. For platform administrators, and for administrators of programmes from their own budgets."
            )
            .Answers<TransferOutcomes>()
            .Refuses(409);

    private static async Task<IResult> PostAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new TransfersValidator());
        var root = body.RootProgrammeId!.Value;
        if (await ProgrammeSight.FindAsync(http, db, root) is not { } programme || programme.RootProgrammeId != root)
            throw Problem.Invalid("rootProgrammeId", "There is no such root programme.");
        var authority = HandAuthority.Of(http.Caller());
        if (!authority.IsPlatform && authority.Programmes.Count == 0)
            throw Problem.Forbidden("Only administrators of the platform or of programmes move credits by hand.");
        var latest = http.Now() + MaxHold;
        foreach (var (place, one) in body.Transfers!.Index())
            if (one.ExpiresAt > latest)
                throw Problem.Invalid($"transfers[{place}].expiresAt", $"Hold credits for at most {MaxHold.Days} days.");
        await RefuseIdsOfOtherTreesAsync(http, db, root, [.. body.Transfers!.Select(one => one.Id!.Value)]);
        return await http.RunAsync(
            new PostTransfers
            {
                Tree = TreeId.Of(root),
                Actor = http.Actor(),
                Transfers = [.. body.Transfers!.Select(one => new HandTransfer(ToOrder(one), one.Linked == true))],
                Authority = authority,
                DisputeWindow = TimeSpan.FromDays(http.RequestServices.GetRequiredService<IOptions<LedgerOptions>>().Value.DisputeDays),
                AloneLimit = http.RequestServices.GetRequiredService<IOptions<LedgerOptions>>().Value.SecondApprovalUnits,
                Decider = http.Decider(),
            },
            outcomes => Answer.Ok(outcomes)
        );
    }

    /// <summary>
    /// An id is one transfer's, wherever it is. The key itself holds inside a tree, since a tree's rows may lie on a server of their own.
    /// </summary>
    private static async Task RefuseIdsOfOtherTreesAsync(HttpContext http, GpuGrantsContext db, Guid root, Guid[] ids)
    {
        if (await db.Set<TransferRow>().AnyAsync(row => ids.Contains(row.Id) && row.RootProgrammeId != root, http.RequestAborted))
            throw new ProblemException(
                Problem.Document(422, "id-has-different-body", "A transfer of another tree has this id. Make a new one.", "rootProgrammeId")
            );
    }

    private static TransferOrder ToOrder(TransferItemBody body)
    {
        Credits.TryFromCredits(body.Amount ?? 0, out var amount);
        return new TransferOrder
        {
            Id = body.Id!.Value,
            Kind = body.Kind == "correct" ? TransferKind.Posted : TransferKinds.Parse(body.Kind!),
            DebitAccountId = body.DebitAccountId ?? Guid.Empty,
            CreditAccountId = body.CreditAccountId ?? Guid.Empty,
            Amount = amount.Units,
            PendingId = body.PendingId,
            ExpiresAt = LedgerTime.Truncate(body.ExpiresAt),
            CorrectsId = body.CorrectsId,
            Reason = body.Reason!,
            Note = body.Note,
        };
    }
}

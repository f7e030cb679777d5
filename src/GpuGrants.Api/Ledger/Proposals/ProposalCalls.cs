using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>
/// Turns calls into proposals. It checks what never changes and whose credits the caller may move. The rest is checked under the tree's
/// lock.
/// </summary>
internal static class ProposalCalls
{
    /// <summary>Runs the proposal.</summary>
    /// <param name="http">The call.</param>
    /// <param name="db">To look up what the body names.</param>
    /// <param name="body">Valid.</param>
    /// <param name="field">The field by which the call names the programme.</param>
    /// <param name="render">Makes the answer.</param>
    public static async Task<IResult> ProposeAsync(
        HttpContext http,
        GpuGrantsContext db,
        ProposalBody body,
        string field,
        Func<TransferProposed, Answer> render
    )
    {
        var (tree, programme) =
            body.Kind == ProposalKinds.Correction
                ? await CorrectedAsync(http, db, body.CorrectsId!.Value)
                : await ProgrammeAsync(http, db, body, field);
        var options = http.RequestServices.GetRequiredService<IOptions<LedgerOptions>>().Value;
        Credits.TryFromCredits(body.Credits!.Value, out var amount);
        return await http.RunAsync(
            new ProposeTransfer
            {
                Tree = tree,
                Actor = http.Actor(),
                Kind = body.Kind!,
                ProgrammeId = programme,
                FromProgrammeId = body.FromProgrammeId,
                CorrectsId = body.CorrectsId,
                Amount = amount.Units,
                Reason = body.Reason!,
                AloneLimit = options.SecondApprovalUnits,
                Decider = http.Decider(),
                ApprovalTime = TimeSpan.FromHours(options.ApprovalHours),
            },
            render
        );
    }

    /// <summary>
    /// Whether the caller may propose or decide such a proposal: new credits and corrections are the platform's, a budget its programme's.
    /// </summary>
    public static async Task AuthorizeAsync(HttpContext http, GpuGrantsContext db, string kind, Guid programmeId, Guid? fromProgrammeId)
    {
        if (kind is ProposalKinds.Fund or ProposalKinds.Correction)
            http.RequirePlatformAdministrator();
        else
            await PayerAsync(http, db, fromProgrammeId ?? programmeId, fromProgrammeId is null ? "programmeId" : "fromProgrammeId");
    }

    private static async Task<Programme> PayerAsync(HttpContext http, GpuGrantsContext db, Guid id, string field)
    {
        var payer = await FindAsync(http, db, id, field);
        return http.Caller().Administers(payer.Path)
            ? payer
            : throw Problem.Forbidden("Only administrators of the paying programme, or of one above it, move its credits.");
    }

    private static async Task<(TreeId Tree, Guid Programme)> ProgrammeAsync(
        HttpContext http,
        GpuGrantsContext db,
        ProposalBody body,
        string field
    )
    {
        var programme = await FindAsync(http, db, body.ProgrammeId!.Value, field);
        await AuthorizeAsync(http, db, body.Kind!, programme.Id, body.FromProgrammeId);
        if (programme.BudgetProgrammeId != programme.Id)
            throw Problem.Invalid(field, "The programme has no budget of its own. Name the programme whose budget it spends.");
        if (body.FromProgrammeId is not { } fromId)
            return (TreeId.Of(programme.RootProgrammeId), programme.Id);
        var from = await FindAsync(http, db, fromId, "fromProgrammeId");
        if (from.RootProgrammeId != programme.RootProgrammeId)
            throw Problem.Invalid(
                "fromProgrammeId",
                "Credits move inside one tree, because each tree has its own ledger. Write them off in one tree and fund the "
                    + "programme in the other."
            );
        if (from.BudgetProgrammeId != from.Id)
            throw Problem.Invalid(
                "fromProgrammeId",
                "The paying programme has no budget of its own. Name the programme whose budget it spends."
            );
        return from.Id == programme.Id
            ? throw Problem.Invalid("fromProgrammeId", "Name two different programmes.")
            : (TreeId.Of(programme.RootProgrammeId), programme.Id);
    }

    private static async Task<(TreeId Tree, Guid Programme)> CorrectedAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        http.RequirePlatformAdministrator();
        var original =
            await db.Set<TransferRow>().AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
            ?? throw Problem.Invalid("correctsId", "There is no such transfer.");
        return (TreeId.Of(original.RootProgrammeId), original.ProgrammeId ?? original.RootProgrammeId);
    }

    private static async Task<Programme> FindAsync(HttpContext http, GpuGrantsContext db, Guid id, string field) =>
        await ProgrammeSight.FindAsync(http, db, id)
        ?? throw (field == "id" ? Problem.NotFound() : Problem.Invalid(field, "There is no such programme."));
}

using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>Transfer proposals with their audit trail, and a second person's decision on those above the limit for one.</summary>
public static class ProposalEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/transfer-proposals", ProposeAsync)
            .RequireScope(Scopes.Administer)
            .Takes<ProposalBody>()
            .Idempotent()
            .Says(
                "proposeTransferProposal",
                "Move credits",
                "fund, transfer, write-off or correction, with a reason. Up to Ledger:SecondApprovalCredits it moves at "
                    + "once; above, the credits are held and the proposal awaits another administrator's approval. So they are when the "
                    + "proposer belongs, or belonged within 90 days, to the people of the programme that gains. "
                    + "New credits and corrections are for platform administrators, transfers and write-offs also for "
                    + "administrators of the paying programme."
            )
            .Answers<TransferProposalView>(201)
            .Refuses(409);
        v1.MapGet("/transfer-proposals", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listTransferProposals",
                "List transfer proposals",
                "Shows the audit trail, newest first. Platform administrators see all programmes, other administrators their own."
            )
            .ListsByChange<TransferProposalView>("programmeId", "kind", "status", "proposedBy", "decidedBy");
        v1.MapGet("/transfer-proposals/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "getTransferProposal",
                "Read a transfer proposal",
                "Shows who moved it, when, why, through which client, and who decided."
            )
            .Answers<TransferProposalView>()
            .Refuses(404);
        v1.MapPost("/transfer-proposals/{id:guid}/approve", ApproveAsync)
            .RequireScope(Scopes.Administer)
            .Takes<ApproveProposalBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "approveTransferProposal",
                "Approve a transfer proposal",
                "Another administrator than the proposer approves it, through another client. The held credits then move."
            )
            .Answers<TransferProposalView>();
        v1.MapPost("/transfer-proposals/{id:guid}/reject", RejectAsync)
            .RequireScope(Scopes.Administer)
            .Takes<RejectProposalBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "rejectTransferProposal",
                "Reject a transfer proposal",
                "Another administrator than the proposer rejects it. The held credits then return."
            )
            .Answers<TransferProposalView>();
    }

    private static async Task<IResult> ProposeAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new ProposalValidator());
        return await ProposalCalls.ProposeAsync(
            http,
            db,
            body,
            "programmeId",
            made =>
                Answer.Created($"/v1/transfer-proposals/{made.Proposal.Id}", TransferProposalView.Of(made.Proposal), made.Proposal.Version)
        );
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var rows = Visible(db, http.Caller())
            .OnlyIds(http, "programmeId", row => row.ProgrammeId, row => row.FromProgrammeId)
            .OnlyIds(http, "proposedBy", row => row.ProposedBy)
            .OnlyIds(http, "decidedBy", row => row.DecidedBy)
            .OnlyWords(
                http,
                "kind",
                row => row.Kind,
                ProposalKinds.Fund,
                ProposalKinds.Transfer,
                ProposalKinds.WriteOff,
                ProposalKinds.Correction
            )
            .OnlyWords(
                http,
                "status",
                row => row.Status,
                ProposalStatus.AwaitingApproval,
                ProposalStatus.Posted,
                ProposalStatus.Rejected,
                ProposalStatus.Expired
            );
        return TypedResults.Json(
            await http.PageAsync(rows, TransferProposalView.Of, names: row => [row.ProgrammeId, row.FromProgrammeId]),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        return http.Found(TransferProposalView.Of(row), row.Version);
    }

    private static async Task<IResult> ApproveAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        await ProposalCalls.AuthorizeAsync(http, db, row.Kind, row.ProgrammeId, row.FromProgrammeId);
        var body = await http.BodyAsync(new ApproveProposalValidator());
        return await DecideAsync(http, row, approves: true, body.Comment);
    }

    private static async Task<IResult> RejectAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        await ProposalCalls.AuthorizeAsync(http, db, row.Kind, row.ProgrammeId, row.FromProgrammeId);
        var body = await http.BodyAsync(new RejectProposalValidator());
        return await DecideAsync(http, row, approves: false, body.Reason);
    }

    private static Task<IResult> DecideAsync(HttpContext http, TransferProposal row, bool approves, string? comment) =>
        http.RunAsync(
            new DecideProposal
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                ProposalId = row.Id,
                Approves = approves,
                Comment = comment,
                ExpectedVersion = http.IfMatch(),
                Decider = http.Decider(),
            },
            proposal => Answer.Ok(TransferProposalView.Of(proposal), proposal.Version)
        );

    internal static IQueryable<TransferProposal> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<TransferProposal>();
        var mine = caller.With(Roles.ProgrammeAdministrator);
        return db.Set<TransferProposal>()
            .Where(row =>
                mine.Length > 0
                && db.Set<Programme>()
                    .Any(programme =>
                        (programme.Id == row.ProgrammeId || programme.Id == row.FromProgrammeId)
                        && programme.Path.Any(id => mine.Contains(id))
                    )
            );
    }

    private static async Task<TransferProposal> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();
}

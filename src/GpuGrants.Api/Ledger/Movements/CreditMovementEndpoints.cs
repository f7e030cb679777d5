using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Ledger.Movements;

/// <summary>Movements of credits with their audit trail, and a second person's decision on those above the limit for one.</summary>
public static class CreditMovementEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/credit-movements", ProposeAsync)
            .RequireScope(Scopes.Administer)
            .Takes<CreditMovementBody>()
            .Idempotent()
            .Says(
                "proposeCreditMovement",
                "Move credits",
                "Moves credits as fund, transfer, write-off or correction, with a reason. Above Ledger:SecondApprovalCredits "
                    + "the credits are held until another administrator approves. Only platform administrators enter new credits "
                    + "and corrections. Administrators of the paying programme may also transfer and write off."
            )
            .Answers<CreditMovementView>(201)
            .Refuses(409);
        v1.MapGet("/credit-movements", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listCreditMovements",
                "List movements of credits",
                "Shows the audit trail, newest first. Platform administrators see all programmes, other administrators their own."
            )
            .Lists<CreditMovementView>("programmeId", "kind", "status", "proposedBy", "decidedBy");
        v1.MapGet("/credit-movements/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "getCreditMovement",
                "Read a movement of credits",
                "Shows who moved it, when, why, through which client, and who decided."
            )
            .Answers<CreditMovementView>()
            .Refuses(404);
        v1.MapPost("/credit-movements/{id:guid}/approve", ApproveAsync)
            .RequireScope(Scopes.Administer)
            .Takes<ApproveMovementBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "approveCreditMovement",
                "Approve a movement of credits",
                "Another administrator than the proposer approves it, through another client. The held credits then move."
            )
            .Answers<CreditMovementView>();
        v1.MapPost("/credit-movements/{id:guid}/reject", RejectAsync)
            .RequireScope(Scopes.Administer)
            .Takes<RejectMovementBody>()
            .Idempotent()
            .Conditional()
            .Says(
                "rejectCreditMovement",
                "Reject a movement of credits",
                "Another administrator than the proposer rejects it. The held credits then return."
            )
            .Answers<CreditMovementView>();
    }

    private static async Task<IResult> ProposeAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new CreditMovementValidator());
        return await MovementCalls.ProposeAsync(
            http,
            db,
            body,
            "programmeId",
            made =>
                Http.Answers.Created(
                    $"/v1/credit-movements/{made.Movement.Id}",
                    CreditMovementView.Of(made.Movement),
                    made.Movement.Version
                )
        );
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var programme = http.IdFilter("programmeId");
        var proposedBy = http.IdFilter("proposedBy");
        var decidedBy = http.IdFilter("decidedBy");
        var kind = http.ChoiceFilter("kind", MovementKinds.Fund, MovementKinds.Transfer, MovementKinds.WriteOff, MovementKinds.Correction);
        var status = http.ChoiceFilter(
            "status",
            MovementStatus.AwaitingApproval,
            MovementStatus.Posted,
            MovementStatus.Rejected,
            MovementStatus.Expired
        );
        var rows = Visible(db, http.Caller())
            .Where(row =>
                (programme == null || row.ProgrammeId == programme || row.FromProgrammeId == programme)
                && (kind == null || row.Kind == kind)
                && (status == null || row.Status == status)
                && (proposedBy == null || row.ProposedBy == proposedBy)
                && (decidedBy == null || row.DecidedBy == decidedBy)
            );
        return TypedResults.Json(await http.PageAsync(rows, CreditMovementView.Of), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        http.Response.Headers.ETag = Http.Answers.ETag(row.Version);
        return TypedResults.Json(CreditMovementView.Of(row), ApiJson.Options);
    }

    private static async Task<IResult> ApproveAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        await MovementCalls.AuthorizeAsync(http, db, row.Kind, row.ProgrammeId, row.FromProgrammeId);
        var body = await http.BodyAsync(new ApproveMovementValidator());
        return await DecideAsync(http, row, approves: true, body.Comment);
    }

    private static async Task<IResult> RejectAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        await MovementCalls.AuthorizeAsync(http, db, row.Kind, row.ProgrammeId, row.FromProgrammeId);
        var body = await http.BodyAsync(new RejectMovementValidator());
        return await DecideAsync(http, row, approves: false, body.Reason);
    }

    private static Task<IResult> DecideAsync(HttpContext http, CreditMovement row, bool approves, string? comment) =>
        http.RunAsync(
            new DecideMovement
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                MovementId = row.Id,
                Approves = approves,
                Comment = comment,
                ExpectedVersion = http.IfMatch(),
            },
            movement => Http.Answers.Ok(CreditMovementView.Of(movement), movement.Version)
        );

    private static IQueryable<CreditMovement> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<CreditMovement>();
        var mine = caller.With(Roles.ProgrammeAdministrator);
        return db.Set<CreditMovement>()
            .Where(row =>
                mine.Length > 0
                && db.Set<Programme>()
                    .Any(programme =>
                        (programme.Id == row.ProgrammeId || programme.Id == row.FromProgrammeId)
                        && programme.Path.Any(id => mine.Contains(id))
                    )
            );
    }

    private static async Task<CreditMovement> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();
}

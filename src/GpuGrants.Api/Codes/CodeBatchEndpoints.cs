using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Codes;

/// <summary>Minting codes, and ending a batch of them.</summary>
public static class CodeBatchEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/programmes/{id:guid}/code-batches", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listCodeBatches", "List batches of codes", "For reviewers and administrators of the programme. No list has the codes.")
            .ListsByChange<CodeBatchView>("status")
            .Refuses(404);
        v1.MapPost("/programmes/{id:guid}/code-batches", MintAsync)
            .RequireScope(Scopes.Administer)
            .Takes<CodeBatchBody>()
            .Idempotent()
            .Says(
                "mintCodes",
                "Mint codes",
                "For administrators of the programme whose budget pays, who do not operate the offer's provider. Each code stands for the "
                    + "same grant. What all of them need is reserved at once, in credits and GPU time."
            )
            .Answers<CodeBatchView>(201)
            .Refuses(404, 409);
        v1.MapGet("/code-batches/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getCodeBatch", "Read a batch of codes", "What each code stands for, how many were redeemed, and what is reserved.")
            .Answers<CodeBatchView>()
            .Refuses(404);
        v1.MapPost("/code-batches/{id:guid}/end", EndAsync)
            .RequireScope(Scopes.Administer)
            .Idempotent()
            .Says(
                "endCodeBatch",
                "End a batch of codes",
                "For administrators of the programme. What is reserved for codes that nobody redeemed returns. Grants stay."
            )
            .Answers<CodeBatchView>()
            .Refuses(404, 409, 412);
        CodeSheetEndpoints.Map(v1);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var programme = await ProgrammeEndpoints.FindAsync(http, db, id);
        if (!http.Caller().Reviews(programme.Path))
            throw Problem.Forbidden("Only reviewers and administrators of the programme see its codes.");
        var rows = db.Set<CodeBatch>()
            .Where(row => row.ProgrammeId == id)
            .OnlyWords(http, "status", row => row.Status, CodeBatch.Active, CodeBatch.Ended);
        return TypedResults.Json(
            await http.PageAsync(rows, CodeBatchView.Of, names: row => [row.ProgrammeId, row.ProviderId]),
            ApiJson.Options
        );
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, _) = await SeenAsync(http, db, id);
        return http.Found(CodeBatchView.Of(row), row.Version);
    }

    private static async Task<IResult> MintAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var programme = await ProgrammeEndpoints.FindAsync(http, db, id);
        OfferVerdicts.Require(http.Caller(), programme, spends: true);
        var services = http.RequestServices;
        var now = http.Now();
        var body = await http.BodyAsync(new CodeBatchValidator(now));
        var (key, batch) = (services.GetRequiredService<CodeKey>(), Guid.CreateVersion7(now));
        return await http.RunAsync(
            new MintCodes
            {
                Tree = TreeId.Of(programme.RootProgrammeId),
                Actor = http.Actor(),
                ProgrammeId = id,
                Body = body,
                BatchId = batch,
                Lookups = [.. Enumerable.Range(1, body.Count!.Value).Select(number => key.LookupOf(key.Of(batch, number)))],
                Decider = http.Decider(),
            },
            row => Answer.Created($"/v1/code-batches/{row.Id}", CodeBatchView.Of(row), row.Version)
        );
    }

    private static async Task<IResult> EndAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (seen, programme) = await SeenAsync(http, db, id);
        if (!http.Caller().Administers(programme.Path))
            throw Problem.Forbidden("Only administrators of the programme, or of one above it, end its codes.");
        return await http.RunAsync(
            new EndCodes
            {
                Tree = TreeId.Of(seen.RootProgrammeId),
                Actor = http.Actor(),
                BatchId = id,
                // Codes are redeemed meanwhile, and each one changes the version.
                ExpectedVersion = http.IfMatch(required: false),
            },
            row => Answer.Ok(CodeBatchView.Of(row), row.Version)
        );
    }

    /// <summary>The batch with its programme, if the caller may see it.</summary>
    internal static async Task<(CodeBatch Row, Programme Programme)> SeenAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row =
            await db.Set<CodeBatch>().AsNoTracking().FirstOrDefaultAsync(one => one.Id == id, http.RequestAborted)
            ?? throw Problem.NotFound();
        var programme = await db.Set<Programme>().AsNoTracking().FirstAsync(one => one.Id == row.ProgrammeId, http.RequestAborted);
        return http.Caller().Reviews(programme.Path) ? (row, programme) : throw Problem.NotFound();
    }
}

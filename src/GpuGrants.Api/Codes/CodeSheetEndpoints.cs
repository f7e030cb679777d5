using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Exports;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Codes;

/// <summary>The codes of a batch, to hand out: each time the same.</summary>
internal static class CodeSheetEndpoints
{
    private const string Good = "good";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/code-batches/{id:guid}/codes", CodesAsync)
            .RequireScope(Scopes.Administer)
            .Exports()
            .Asks("format", "bom")
            .Says(
                "listCodes",
                "Read the codes of a batch",
                "For administrators of the programme: whoever has a code can spend it. JSON, or CSV with format=csv or Accept: text/csv."
            )
            .Answers<CodeSheetView>()
            .Refuses(404);
        v1.MapGet("/code-batches/{id:guid}/page", PageAsync)
            .RequireScope(Scopes.Administer)
            .Exports()
            .Says(
                "printCodes",
                "Print the codes of a batch",
                "For administrators of the programme. A page of HTML with the codes that are good, each with a picture (QR code) to scan."
            )
            .Produces<string>(200, "text/html")
            .Refuses(400, 401, 403, 404, 429, 500, 503);
    }

    private static async Task CodesAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var csv = http.WantsCsv();
        var codes = await ReadAsync(http, db, id);
        if (csv)
            await http.WriteCsvAsync("codes.csv", codes.Codes.ToAsyncEnumerable());
        else
            await http.Response.WriteAsJsonAsync(new CodeSheetView { CodeBatchId = id, Data = codes.Codes }, ApiJson.Options);
    }

    private static async Task PageAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (batch, codes) = await ReadAsync(http, db, id);
        http.Response.ContentType = "text/html; charset=utf-8";
        // Piece by piece: a large batch is never in memory whole, and whoever goes away ends it.
        foreach (var piece in CodePage.Of(batch, codes.Where(one => one.Status == Good)))
            await http.Response.WriteAsync(piece, http.RequestAborted);
    }

    /// <summary>Auditors read everything but what they could act with.</summary>
    private static bool HandsOut(Caller caller, IReadOnlyList<Guid> path) =>
        caller.Audits ? path.Any(id => caller.Has(Roles.ProgrammeAdministrator, id)) : caller.Administers(path);

    private static async Task<(CodeBatch Batch, IReadOnlyList<CodeView> Codes)> ReadAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (batch, programme) = await CodeBatchEndpoints.SeenAsync(http, db, id);
        if (!HandsOut(http.Caller(), programme.Path))
            throw Problem.Forbidden("Only administrators of the programme, or of one above it, read its codes.");
        var key = http.RequestServices.GetRequiredService<CodeKey>();
        var redeemed = await db.Set<CodeRow>()
            .Where(row => row.RootProgrammeId == batch.RootProgrammeId && row.BatchId == id && row.RequestId != null)
            .Select(row => row.Number)
            .ToListAsync(http.RequestAborted);
        var spent = redeemed.ToHashSet();
        var left = batch.Status == CodeBatch.Active ? Good : CodeBatch.Ended;
        http.Response.Headers.CacheControl = "no-store";
        return (
            batch,
            [
                .. Enumerable
                    .Range(1, batch.Count)
                    .Select(number => new CodeView(number, key.Of(id, number).ToString(), spent.Contains(number) ? "redeemed" : left)),
            ]
        );
    }
}

using System.Runtime.CompilerServices;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Exports;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Ledger;

/// <summary>The transfers of a period as one file: of an account, of a programme, or all that the caller may see.</summary>
public static class TransferExportEndpoints
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapGet("/transfers/export", ExportAsync)
            .RequireScope(Scopes.Read)
            .Exports()
            .Asks("from", "to", "accountId", "programmeId", "format", "bom")
            .Says(
                "exportTransfers",
                "Export transfers",
                "Streams the transfers of a period: of an account, of a programme and all below it, or of all accounts that "
                    + "you see. JSON, or CSV with format=csv or Accept: text/csv."
            )
            .Answers<TransferExport>()
            .Refuses(404);

    private static async Task ExportAsync(HttpContext http, GpuGrantsContext db, LedgerStreams streams)
    {
        var (from, to) = http.PeriodFilter();
        var csv = http.WantsCsv();
        var rows = (await ChosenAsync(http, db))
            .Where(one => one.CreatedAt >= from && one.CreatedAt < to)
            .OrderBy(one => one.RootProgrammeId)
            .ThenBy(one => one.Sequence)
            .AsNoTracking();
        await using var place = await streams.EnterAsync(db, http.RequestAborted);
        var data = ReadAsync(rows, http.RequestAborted);
        if (csv)
            await http.WriteCsvAsync("transfers.csv", data);
        else
            await http.Response.WriteAsJsonAsync(
                new TransferExport
                {
                    From = from,
                    To = to,
                    Data = data,
                },
                ApiJson.Options
            );
    }

    private static async Task<IQueryable<TransferRow>> ChosenAsync(HttpContext http, GpuGrantsContext db)
    {
        var rows = db.Set<TransferRow>().AsQueryable();
        var (account, programme) = (http.IdFilter("accountId"), http.IdFilter("programmeId"));
        if (account is { } accountId)
        {
            var found = await LedgerEndpoints.FindAsync(http, db, accountId);
            rows = rows.Where(one =>
                one.RootProgrammeId == found.RootProgrammeId && (one.DebitAccountId == accountId || one.CreditAccountId == accountId)
            );
        }

        if (programme is { } programmeId)
            rows = await OfProgrammeAsync(http, db, rows, programmeId);
        if (account is not null || programme is not null || http.Caller().IsPlatformAdministrator)
            return rows;
        var visible = LedgerEndpoints.Visible(db, http.Caller());
        return rows.Where(one =>
            visible.Any(seen =>
                seen.RootProgrammeId == one.RootProgrammeId && (seen.Id == one.DebitAccountId || seen.Id == one.CreditAccountId)
            )
        );
    }

    private static async Task<IQueryable<TransferRow>> OfProgrammeAsync(
        HttpContext http,
        GpuGrantsContext db,
        IQueryable<TransferRow> rows,
        Guid id
    )
    {
        var programme = await db.Set<Programme>().AsNoTracking().FirstOrDefaultAsync(one => one.Id == id, http.RequestAborted);
        if (programme is null || !http.Caller().Reviews(programme.Path))
            throw Problem.NotFound();
        var below = await db.Set<Programme>()
            .Where(one => one.RootProgrammeId == programme.RootProgrammeId && one.Path.Contains(id))
            .Select(one => (Guid?)one.Id)
            .ToListAsync(http.RequestAborted);
        return rows.Where(one => one.RootProgrammeId == programme.RootProgrammeId && below.Contains(one.ProgrammeId));
    }

    private static async IAsyncEnumerable<TransferView> ReadAsync(
        IQueryable<TransferRow> rows,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellation))
            yield return TransferView.Of(row);
    }
}

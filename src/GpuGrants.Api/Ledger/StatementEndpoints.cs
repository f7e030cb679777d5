using System.Runtime.CompilerServices;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Exports;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Ledger;

/// <summary>Statements: an account's period, whole however long it is, read row by row from one snapshot.</summary>
public static class StatementEndpoints
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapGet("/accounts/{id:guid}/statement", StatementAsync)
            .RequireScope(Scopes.Read)
            .Exports()
            .Asks("from", "to", "format", "bom")
            .Says(
                "getStatement",
                "Read a statement",
                "Opening and closing balance of a period, and every posted transfer between them: all of them, streamed. "
                    + "JSON; CSV with format=csv or Accept: text/csv."
            )
            .Answers<StatementView>()
            .Refuses(404);

    private static async Task StatementAsync(HttpContext http, GpuGrantsContext db, LedgerStreams streams, Guid id)
    {
        var (from, to) = http.PeriodFilter();
        var csv = http.WantsCsv();
        await LedgerEndpoints.FindAsync(http, db, id);
        await using var place = await streams.EnterAsync(db, http.RequestAborted);
        var statement = await ReadAsync(http, db, id, from, to);
        if (csv)
            await http.WriteCsvAsync($"statement-{id}.csv", StatementRow.Of(statement, http.RequestAborted));
        else
            await http.Response.WriteAsJsonAsync(statement, ApiJson.Options);
    }

    private static async Task<StatementView> ReadAsync(
        HttpContext http,
        GpuGrantsContext db,
        Guid id,
        DateTimeOffset from,
        DateTimeOffset to
    )
    {
        var row = await LedgerEndpoints.FindAsync(http, db, id);
        var opening = await LedgerEndpoints.CountersAsync(http, db, row, from, inclusive: false);
        var closing = await LedgerEndpoints.CountersAsync(http, db, row, to, inclusive: false);
        var lines = db.Set<TransferRow>()
            .Where(one =>
                one.RootProgrammeId == row.RootProgrammeId
                && one.CreatedAt >= from
                && one.CreatedAt < to
                && (one.Kind == TransferKind.Posted || one.Kind == TransferKind.Post)
            )
            .Where(one => one.DebitAccountId == id || one.CreditAccountId == id)
            .OrderBy(one => one.Sequence)
            .AsNoTracking();
        var sums = StatementSums.Of(opening, closing, row.Unit);
        return new StatementView
        {
            AccountId = id,
            Unit = row.Unit,
            From = from,
            To = to,
            OpeningBalance = sums.Opening,
            ClosingBalance = sums.Closing,
            Came = sums.Came,
            Left = sums.Left,
            OpeningUnits = opening.Balance,
            ClosingUnits = closing.Balance,
            Payable = await LedgerEndpoints.PayableAsync(http, db, row),
            Lines = LinesAsync(lines, id, http.RequestAborted),
        };
    }

    private static async IAsyncEnumerable<StatementLine> LinesAsync(
        IQueryable<TransferRow> rows,
        Guid account,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellation))
            yield return StatementLine.Of(row, account);
    }
}

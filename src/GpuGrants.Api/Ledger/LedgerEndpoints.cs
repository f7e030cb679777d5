using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Ledger;

/// <summary>Reading the ledger: accounts, balances as of a moment, transfers.</summary>
public static class LedgerEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/accounts", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listAccounts",
                "List accounts",
                "Lists accounts of your grants, of your providers, and of trees whose root programme you review."
            )
            .ListsByTime<AccountView>()
            .Asks("ownerId", "kind", "rootProgrammeId");
        v1.MapGet("/accounts/{id:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Asks("asOf")
            .Says("getAccount", "Read an account", "Shows its balance now, or as of a past moment.")
            .Answers<AccountView>()
            .Refuses(404);
        v1.MapGet("/accounts/{id:guid}/transfers", TransfersAsync)
            .RequireScope(Scopes.Read)
            .Says("listTransfers", "List an account's transfers", "Lists transfers and holds, newest first.")
            .ListsForCopies<TransferView>()
            .Refuses(404);
        v1.MapGet("/transfers/{id:guid}", TransferAsync)
            .RequireScope(Scopes.Read)
            .Says("getTransfer", "Read a transfer", "Everybody who sees one of its accounts may read it.")
            .Answers<TransferView>()
            .Refuses(404);
    }

    /// <summary>The accounts that the caller may see.</summary>
    internal static IQueryable<AccountRow> Visible(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<AccountRow>();
        var organizations = caller.Organizations;
        var providers = caller.Providers;
        var programmes = caller.ReviewedProgrammes;
        return db.Set<AccountRow>()
            .Where(row =>
                providers.Contains(row.OwnerId)
                || db.Set<Grant>()
                    .Any(grant =>
                        grant.Id == row.OwnerId && (organizations.Contains(grant.OrganizationId) || providers.Contains(grant.ProviderId))
                    )
                || db.Set<OfferRow>().Any(offer => offer.Id == row.OwnerId && providers.Contains(offer.ProviderId))
                || programmes.Contains(row.RootProgrammeId)
                || db.Set<CodeBatch>()
                    .Any(codes =>
                        codes.Id == row.OwnerId
                        && db.Set<Programme>()
                            .Any(programme => programme.Id == codes.ProgrammeId && programme.Path.Any(id => programmes.Contains(id)))
                    )
                || db.Set<Programme>().Any(programme => programme.Id == row.OwnerId && programme.Path.Any(id => programmes.Contains(id)))
            );
    }

    internal static async Task<AccountRow> FindAsync(HttpContext http, GpuGrantsContext db, Guid id) =>
        await Visible(db, http.Caller()).AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, http.RequestAborted)
        ?? throw Problem.NotFound();

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var owner = http.IdFilter("ownerId");
        var root = http.IdFilter("rootProgrammeId");
        var word = http.ChoiceFilter("kind", [.. AccountKinds.All]);
        AccountKind? kind = word is null ? null : AccountKinds.Parse(word);
        var visible = Visible(db, http.Caller());
        if (owner is { } one)
        {
            // No index is by owner: the range of ids finds the owner's accounts by the primary key.
            var (first, last) = AccountIds.RangeOf(one);
            visible = visible.Where(row => row.Id.CompareTo(first) >= 0 && row.Id.CompareTo(last) <= 0 && row.OwnerId == one);
        }

        var rows = visible.Where(row => (root == null || row.RootProgrammeId == root) && (kind == null || row.Kind == kind));
        return TypedResults.Json(await AccountPages.ReadAsync(http, rows, kind), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        if (http.MomentFilter("asOf") is not { } moment)
            return TypedResults.Json(AccountView.Of(row) with { Payable = await PayableAsync(http, db, row) }, ApiJson.Options);
        return TypedResults.Json(AccountView.Of(row, await CountersAsync(http, db, row, moment, inclusive: true), moment), ApiJson.Options);
    }

    /// <summary>What may be paid out of a provider's earnings now, in credits; null for other accounts.</summary>
    internal static async Task<decimal?> PayableAsync(HttpContext http, GpuGrantsContext db, AccountRow row)
    {
        if (row.Kind != AccountKind.Earned)
            return null;
        var days = http.RequestServices.GetRequiredService<IOptions<LedgerOptions>>().Value.DisputeDays;
        var settledBefore = http.Now().AddDays(-days);
        var notYet = await PayableEarnings.NotYetAsync(db, row, settledBefore, http.RequestAborted);
        return Wire.Credits(Math.Max(0, row.ToCounters().Available - notYet));
    }

    /// <summary>The account's counters after its last transfer before the moment: transfers carry them, so nothing is summed.</summary>
    internal static async Task<Counters> CountersAsync(
        HttpContext http,
        GpuGrantsContext db,
        AccountRow row,
        DateTimeOffset moment,
        bool inclusive
    )
    {
        var before = db.Set<TransferRow>()
            .AsNoTracking()
            .Where(one => one.RootProgrammeId == row.RootProgrammeId && (inclusive ? one.CreatedAt <= moment : one.CreatedAt < moment));
        var debit = await before
            .Where(one => one.DebitAccountId == row.Id)
            .OrderByDescending(one => one.CreatedAt)
            .ThenByDescending(one => one.DebitVersion)
            .FirstOrDefaultAsync(http.RequestAborted);
        var credit = await before
            .Where(one => one.CreditAccountId == row.Id)
            .OrderByDescending(one => one.CreatedAt)
            .ThenByDescending(one => one.CreditVersion)
            .FirstOrDefaultAsync(http.RequestAborted);
        var left = debit?.ToDebitAfter() ?? default;
        var came = credit?.ToCreditAfter() ?? default;
        return left.Version > came.Version ? left : came;
    }

    private static async Task<IResult> TransfersAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await FindAsync(http, db, id);
        var rows = db.Set<TransferRow>().Where(one => one.RootProgrammeId == row.RootProgrammeId);
        // Two indexes have them by account and moment. A transfer is between two accounts, so it is in one of the parts.
        IQueryable<TransferRow>[] parts = [rows.Where(one => one.DebitAccountId == id), rows.Where(one => one.CreditAccountId == id)];
        var page = await http.PageOfAllAsync(parts, TransferView.Listed, created: nameof(TransferRow.CreatedAt));
        return TypedResults.Json(page, ApiJson.Options);
    }

    private static async Task<IResult> TransferAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var visible = Visible(db, http.Caller());
        var row =
            await db.Set<TransferRow>()
                .AsNoTracking()
                .Where(one =>
                    one.Id == id
                    && visible.Any(account =>
                        account.RootProgrammeId == one.RootProgrammeId
                        && (account.Id == one.DebitAccountId || account.Id == one.CreditAccountId)
                    )
                )
                .OrderBy(one => one.RootProgrammeId)
                .FirstOrDefaultAsync(http.RequestAborted)
            ?? throw Problem.NotFound();
        return TypedResults.Json(TransferView.Of(row), ApiJson.Options);
    }
}

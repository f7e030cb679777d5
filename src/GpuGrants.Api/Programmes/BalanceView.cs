using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Programmes;

/// <summary>What the budget that a programme spends has now, in credits.</summary>
/// <param name="Available">What may still be awarded.</param>
/// <param name="Held">What is kept for requests in review and for transfers that wait for approval.</param>
public sealed record BalanceView(decimal Available, decimal Held)
{
    /// <summary>The balances of programmes whose people the caller is one of, by the programme that has the budget.</summary>
    internal static async Task<IReadOnlyDictionary<Guid, BalanceView>> ReadAsync(
        HttpContext http,
        GpuGrantsContext db,
        IEnumerable<Programme> programmes
    )
    {
        if (http.CallerOrNobody() is not { } caller)
            return new Dictionary<Guid, BalanceView>();
        var shown = programmes.Where(one => caller.Reviews(one.Path)).ToList();
        var budgets = shown.Select(one => one.BudgetProgrammeId).Distinct().ToList();
        if (budgets.Count == 0)
            return new Dictionary<Guid, BalanceView>();
        // Of a budget above, only its own people read the balance.
        var paths = await db.Set<Programme>()
            .AsNoTracking()
            .Where(row => budgets.Contains(row.Id))
            .Select(row => new
            {
                row.Id,
                row.RootProgrammeId,
                row.Path,
            })
            .ToListAsync(http.RequestAborted);
        var accounts = paths
            .Where(one => caller.Reviews(one.Path))
            .ToDictionary(one => AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, one.Id), one => one.Id);
        var ids = accounts.Keys.ToList();
        var roots = paths.Select(one => one.RootProgrammeId).Distinct().ToList();
        var rows = await db.Set<AccountRow>()
            .AsNoTracking()
            .Where(row => roots.Contains(row.RootProgrammeId) && ids.Contains(row.Id))
            .ToListAsync(http.RequestAborted);
        // A budget that nobody has funded has no account yet.
        return accounts.ToDictionary(
            one => one.Value,
            one =>
                rows.Find(row => row.Id == one.Key)?.ToCounters() is { } counters
                    ? new BalanceView(Wire.Credits(counters.Available), Wire.Credits(counters.DebitsPending))
                    : new BalanceView(0, 0)
        );
    }
}

using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>The rows of an offer's dated tranches, as commands on the offer read and change them.</summary>
internal static class OfferTranches
{
    /// <summary>The tranches that are not over, by number.</summary>
    public static async Task<IReadOnlyList<OfferTranche>> ReadAsync(GpuGrantsContext db, OfferRow row, CancellationToken cancellation) =>
        row.Tranches == 0
            ? []
            : await db.Set<OfferTranche>()
                .AsNoTracking()
                .Where(one => one.RootProgrammeId == row.RootProgrammeId && one.OfferId == row.Id && one.Gpus > 0)
                .OrderBy(one => one.Number)
                .ToListAsync(cancellation);

    /// <summary>What an offer can still promise at most: never more than its tranches still bring.</summary>
    /// <param name="tranches">Its tranches.</param>
    /// <param name="free">GPU-seconds of its capacity account.</param>
    /// <param name="at">The moment.</param>
    /// <returns>GPU-seconds.</returns>
    public static long Limit(OfferRow row, IEnumerable<OfferTranche> tranches, long free, DateTimeOffset at) =>
        row.Tranches == 0
            ? free
            : Math.Min(free, tranches.Where(one => one.Status == TrancheStatus.Open).Sum(one => one.ToTranche().TimeFrom(at).Seconds));

    /// <summary>Wants all tranches of an offer, once the offer's row is read.</summary>
    public static void Plan(BatchState batch, OfferRow seen)
    {
        if (batch.Rows<OfferRow>().TryRead(OfferChange.KeyOf(seen), out var row) && row is not null)
            for (var number = 1; number <= row.Tranches; number++)
                batch.Rows<OfferTranche>().Want(KeyOf(row, number));
    }

    /// <summary>The tranche of a number; null for none.</summary>
    public static OfferTranche? Find(BatchState batch, OfferRow row, int number) =>
        number < 1 || number > row.Tranches ? null : batch.Rows<OfferTranche>().Find(KeyOf(row, number));

    /// <summary>States anew what waits: tranches that wait lose the hours that pass. Those that have passed wait no more.</summary>
    public static void CountPending(BatchState batch, OfferRow row)
    {
        if (row.Tranches == 0)
            return;
        var at = AtOf(batch, row);
        foreach (var late in Proposed(batch, row).Where(one => one.ToTranche().TimeFrom(at).IsZero))
            Change(batch, late, 0, TrancheStatus.Rejected, at);
        row.PendingSeconds = Proposed(batch, row).Sum(one => one.ToTranche().TimeFrom(at).Seconds);
    }

    /// <summary>The programme accepted all that waits.</summary>
    public static void Open(BatchState batch, OfferRow row)
    {
        foreach (var one in Proposed(batch, row))
            Change(batch, one, one.Gpus, TrancheStatus.Open, AtOf(batch, row));
        Tell(batch, row);
    }

    /// <summary>Nothing waits any more.</summary>
    public static void Reject(BatchState batch, OfferRow row)
    {
        foreach (var one in Proposed(batch, row))
            Change(batch, one, 0, TrancheStatus.Rejected, AtOf(batch, row));
    }

    /// <summary>Takes GPUs out of a tranche.</summary>
    public static void Shrink(BatchState batch, OfferRow row, OfferTranche tranche, int gpus)
    {
        var left = tranche.Gpus - gpus;
        Change(batch, tranche, left, left == 0 ? TrancheStatus.Withdrawn : tranche.Status, AtOf(batch, row));
        Tell(batch, row);
    }

    /// <summary>Tells later commands of the batch, which know the offer only as it was before.</summary>
    public static void Tell(BatchState batch, OfferRow row)
    {
        if (row.Tranches > 0)
            batch.Tree(TreeId.Of(row.RootProgrammeId)).SetTranches(row.Id, InForce(batch, row));
    }

    /// <summary>The tranches that the programme accepted, by number.</summary>
    public static IReadOnlyList<Tranche> InForce(BatchState batch, OfferRow row) =>
        [.. All(batch, row).Where(one => one.Status == TrancheStatus.Open).Select(one => one.ToTranche())];

    /// <summary>The tranches that an answer shows, as the batch leaves them.</summary>
    public static IReadOnlyList<OfferTranche> Shown(BatchState batch, OfferRow row) => [.. All(batch, row).Where(one => one.Gpus > 0)];

    private static List<OfferTranche> Proposed(BatchState batch, OfferRow row) =>
        [.. All(batch, row).Where(one => one.Status == TrancheStatus.Proposed)];

    private static IEnumerable<OfferTranche> All(BatchState batch, OfferRow row) =>
        Enumerable.Range(1, row.Tranches).Select(number => batch.Rows<OfferTranche>().Find(KeyOf(row, number))!);

    private static void Change(BatchState batch, OfferTranche tranche, int gpus, string status, DateTimeOffset at)
    {
        (tranche.Gpus, tranche.Status, tranche.UpdatedAt) = (gpus, status, at);
        batch.Rows<OfferTranche>().Update(tranche);
    }

    private static DateTimeOffset AtOf(BatchState batch, OfferRow row) => batch.Tree(TreeId.Of(row.RootProgrammeId)).At;

    private static RowKey KeyOf(OfferRow row, int number) => new(row.RootProgrammeId, row.Id, Number: number);
}

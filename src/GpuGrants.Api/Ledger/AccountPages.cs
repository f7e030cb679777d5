using System.Buffers.Binary;
using GpuGrants.Api.Http.Lists;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Ledger;

/// <summary>
/// Pages of accounts in the order of their making, each read from an index. Every award makes accounts of a grant. Their ids begin with the
/// millisecond of that moment, so the key has them in order. The few others have an index by moment, for which no award pays.
/// </summary>
/// <remarks>
/// Of one millisecond, accounts of grants come first and are ordered by id, and the others by moment and id. A position with a moment is
/// that of another account, one without that of a grant's.
/// </remarks>
internal static class AccountPages
{
    private const int TimeBits = 16;

    /// <param name="http">Gives what every list reads.</param>
    /// <param name="rows">The filtered rows.</param>
    /// <param name="kind">The only kind among them; null for all.</param>
    public static async Task<Page<AccountView>> ReadAsync(HttpContext http, IQueryable<AccountRow> rows, AccountKind? kind)
    {
        var (limit, after) = (Paging.Limit(http), Paging.After(http));
        var moments = ListOrder.Of<AccountRow>(http, oldestFirst: false, nameof(AccountRow.CreatedAt));
        var ids = moments with { Moment = null };
        rows = rows.WithinTimes(http);
        List<AccountRow> found = [];
        if (kind is null or AccountKind.Grant)
            found.AddRange(await FindAsync(ids, OfGrants(rows, after, moments.Ascending), after is { Moment: null } ? after : null));
        if (kind is null or not AccountKind.Grant)
            found.AddRange(await FindAsync(moments, Others(rows, after, moments.Ascending), after is { Moment: not null } ? after : null));
        found.Sort((one, other) => moments.Ascending ? Compare(one, other) : Compare(other, one));
        var shown = found.Take(limit).ToList();
        return new Page<AccountView>(
            [.. shown.Select(AccountView.Of)],
            found.Count > limit ? Paging.Next(http, PositionOf(shown[^1])) : null
        )
        {
            Count = await Paging.CountAsync(http, rows),
        };

        Task<List<AccountRow>> FindAsync(ListOrder order, IQueryable<AccountRow> part, ListPosition? behind) =>
            order.Sort(part, behind, nameof(AccountRow.Id)).AsNoTracking().Take(limit + 1).ToListAsync(http.RequestAborted);
    }

    private static ListPosition PositionOf(AccountRow row) => new(row.Id, row.Kind == AccountKind.Grant ? null : row.CreatedAt.UtcTicks);

    /// <summary>Accounts of grants, without those of milliseconds that another account has passed.</summary>
    private static IQueryable<AccountRow> OfGrants(IQueryable<AccountRow> rows, ListPosition? after, bool ascending)
    {
        rows = rows.Where(row => row.Kind == AccountKind.Grant);
        if (after is not { Moment: { } moment })
            return rows;
        var next = FirstOf(moment.ToUnixTimeMilliseconds() + 1);
        return ascending ? rows.Where(row => row.Id.CompareTo(next) >= 0) : rows.Where(row => row.Id.CompareTo(next) < 0);
    }

    /// <summary>Other accounts, without those of milliseconds that a grant's account has passed.</summary>
    private static IQueryable<AccountRow> Others(IQueryable<AccountRow> rows, ListPosition? after, bool ascending)
    {
        rows = rows.Where(row => row.Kind != AccountKind.Grant);
        if (after is not { Moment: null } grants)
            return rows;
        var moment = DateTimeOffset.FromUnixTimeMilliseconds(MillisecondOf(grants.Id));
        return ascending ? rows.Where(row => row.CreatedAt >= moment) : rows.Where(row => row.CreatedAt < moment);
    }

    private static int Compare(AccountRow one, AccountRow other) =>
        (Millisecond(one), one.Kind != AccountKind.Grant, Moment(one), Key(one)).CompareTo(
            (Millisecond(other), other.Kind != AccountKind.Grant, Moment(other), Key(other))
        );

    private static long Millisecond(AccountRow row) =>
        row.Kind == AccountKind.Grant ? MillisecondOf(row.Id) : row.CreatedAt.ToUnixTimeMilliseconds();

    private static DateTimeOffset? Moment(AccountRow row) => row.Kind == AccountKind.Grant ? null : row.CreatedAt;

    /// <summary>As PostgreSQL compares ids.</summary>
    private static UInt128 Key(AccountRow row) => Key(row.Id);

    private static UInt128 Key(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static long MillisecondOf(Guid id) => (long)(Key(id) >> (64 + TimeBits));

    private static Guid FirstOf(long millisecond)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, (UInt128)millisecond << (64 + TimeBits));
        return new Guid(bytes, bigEndian: true);
    }
}

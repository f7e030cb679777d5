using System.Buffers.Binary;
using System.Linq.Expressions;
using GpuGrants.Api.Http.Answering;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Http.Lists;

/// <summary>The order of a list: by the moment of creation, with which every id begins, or by that of the last change.</summary>
/// <param name="ByChange">By <c>updated_at</c>; among rows that changed at the same moment, by id.</param>
/// <param name="Ascending">The oldest first.</param>
internal readonly record struct ListOrder(bool ByChange, bool Ascending)
{
    /// <summary>The word of each order; a minus says that the latest come first.</summary>
    public static IReadOnlyList<string> Words { get; } = ["created", "-created", "updated", "-updated"];

    /// <summary>The order that <c>sort</c> names, or the list's own.</summary>
    /// <exception cref="ProblemException">There is no such order.</exception>
    public static ListOrder Of(HttpContext http, bool oldestFirst) =>
        http.ChoiceFilter("sort", http.ChangesAreAsked() ? [.. Words] : [.. Words.Take(2)]) switch
        {
            "created" => new ListOrder(false, true),
            "-created" => new ListOrder(false, false),
            "updated" => new ListOrder(true, true),
            "-updated" => new ListOrder(true, false),
            _ => new ListOrder(false, oldestFirst),
        };

    /// <summary>The rows behind a position, in this order.</summary>
    public IQueryable<TRow> Sort<TRow>(IQueryable<TRow> rows, ListPosition? after, string id)
        where TRow : class
    {
        if (after is { } position)
            rows = rows.Where(Behind<TRow>(position, id));
        if (!ByChange)
            return Ascending ? rows.OrderBy(row => EF.Property<Guid>(row, id)) : rows.OrderByDescending(row => EF.Property<Guid>(row, id));
        return Ascending
            ? rows.OrderBy(row => EF.Property<DateTimeOffset>(row, Columns.Updated)).ThenBy(row => EF.Property<Guid>(row, id))
            : rows.OrderByDescending(row => EF.Property<DateTimeOffset>(row, Columns.Updated))
                .ThenByDescending(row => EF.Property<Guid>(row, id));
    }

    /// <summary>Where this row stands.</summary>
    public ListPosition PositionOf<TRow>(TRow row, string id)
        where TRow : class =>
        new(
            (Guid)typeof(TRow).GetProperty(id)!.GetValue(row)!,
            ByChange ? (DateTimeOffset)typeof(TRow).GetProperty(Columns.Updated)!.GetValue(row)! : null
        );

    private Expression<Func<TRow, bool>> Behind<TRow>(ListPosition position, string id)
        where TRow : class
    {
        var last = position.Id;
        if (position.Updated is not { } at)
            return Ascending
                ? row => EF.Property<Guid>(row, id).CompareTo(last) > 0
                : row => EF.Property<Guid>(row, id).CompareTo(last) < 0;
        return Ascending
            ? row =>
                EF.Property<DateTimeOffset>(row, Columns.Updated) > at
                || (EF.Property<DateTimeOffset>(row, Columns.Updated) == at && EF.Property<Guid>(row, id).CompareTo(last) > 0)
            : row =>
                EF.Property<DateTimeOffset>(row, Columns.Updated) < at
                || (EF.Property<DateTimeOffset>(row, Columns.Updated) == at && EF.Property<Guid>(row, id).CompareTo(last) < 0);
    }

    /// <summary>Names of the rows' members.</summary>
    internal static class Columns
    {
        public const string Created = "CreatedAt";
        public const string Updated = "UpdatedAt";
    }
}

/// <summary>Where a page ends: the last row's id, and its last change where that is the order.</summary>
public readonly record struct ListPosition(Guid Id, DateTimeOffset? Updated = null)
{
    private const int IdBytes = 16;
    private const int Both = IdBytes + sizeof(long);

    /// <summary>16 bytes, or 24 with the moment.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Updated is null ? IdBytes : Both];
        Id.TryWriteBytes(bytes, bigEndian: true, out _);
        if (Updated is { } at)
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(IdBytes), at.UtcTicks);
        return bytes;
    }

    /// <summary>What was written; null for anything else.</summary>
    public static ListPosition? Read(ReadOnlySpan<byte> bytes) =>
        bytes.Length switch
        {
            IdBytes => new ListPosition(new Guid(bytes, bigEndian: true)),
            Both => new ListPosition(
                new Guid(bytes[..IdBytes], bigEndian: true),
                new DateTimeOffset(BinaryPrimitives.ReadInt64BigEndian(bytes[IdBytes..]), TimeSpan.Zero)
            ),
            _ => null,
        };
}

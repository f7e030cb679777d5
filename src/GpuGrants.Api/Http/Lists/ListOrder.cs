using System.Buffers.Binary;
using System.Linq.Expressions;
using GpuGrants.Api.Http.Answering;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Http.Lists;

/// <summary>The order of a list: by the moment of creation, with which most ids begin, or by that of the last change.</summary>
/// <param name="Moment">
/// The member that says the moment; among rows of the same moment, by id. Null where the id itself begins with the moment of creation.
/// </param>
/// <param name="Ascending">The oldest first.</param>
internal readonly record struct ListOrder(string? Moment, bool Ascending)
{
    /// <summary>The word of each order; a minus says that the latest come first.</summary>
    public static IReadOnlyList<string> Words { get; } = ["created", "-created", "updated", "-updated"];

    /// <summary>The order that <c>sort</c> names, or the list's own.</summary>
    /// <exception cref="ProblemException">There is no such order.</exception>
    /// <param name="http">Gives <c>sort</c>.</param>
    /// <param name="oldestFirst">The order unless it names one.</param>
    /// <param name="created">The member that says when a row was made, where its id is the caller's own.</param>
    public static ListOrder Of<TRow>(HttpContext http, bool oldestFirst, string? created) =>
        http.ChoiceFilter("sort", http.ChangesAreAsked() ? [.. Words] : [.. Words.Take(2)]) switch
        {
            "created" => new ListOrder(created, true),
            "-created" => new ListOrder(created, false),
            "updated" => new ListOrder(Columns.UpdatedOf<TRow>(), true),
            "-updated" => new ListOrder(Columns.UpdatedOf<TRow>(), false),
            _ => new ListOrder(created, oldestFirst),
        };

    /// <summary>The rows behind a position, in this order.</summary>
    public IQueryable<TRow> Sort<TRow>(IQueryable<TRow> rows, ListPosition? after, string id)
        where TRow : class
    {
        if (after is { } position)
            rows = rows.Where(Behind<TRow>(position, id));
        if (Moment is not { } moment)
            return Ascending ? rows.OrderBy(row => EF.Property<Guid>(row, id)) : rows.OrderByDescending(row => EF.Property<Guid>(row, id));
        return Ascending
            ? rows.OrderBy(row => EF.Property<DateTimeOffset>(row, moment)).ThenBy(row => EF.Property<Guid>(row, id))
            : rows.OrderByDescending(row => EF.Property<DateTimeOffset>(row, moment)).ThenByDescending(row => EF.Property<Guid>(row, id));
    }

    /// <summary>Where this row stands.</summary>
    public ListPosition PositionOf<TRow>(TRow row, string id)
        where TRow : class =>
        new(
            (Guid)typeof(TRow).GetProperty(id)!.GetValue(row)!,
            Moment is { } moment ? ((DateTimeOffset)typeof(TRow).GetProperty(moment)!.GetValue(row)!).UtcTicks : null
        );

    private Expression<Func<TRow, bool>> Behind<TRow>(ListPosition position, string id)
        where TRow : class
    {
        var last = position.Id;
        if (position.Moment is not { } at || Moment is not { } moment)
            return Ascending
                ? row => EF.Property<Guid>(row, id).CompareTo(last) > 0
                : row => EF.Property<Guid>(row, id).CompareTo(last) < 0;
        return Ascending
            ? row =>
                EF.Property<DateTimeOffset>(row, moment) > at
                || (EF.Property<DateTimeOffset>(row, moment) == at && EF.Property<Guid>(row, id).CompareTo(last) > 0)
            : row =>
                EF.Property<DateTimeOffset>(row, moment) < at
                || (EF.Property<DateTimeOffset>(row, moment) == at && EF.Property<Guid>(row, id).CompareTo(last) < 0);
    }

    /// <summary>Names of the rows' members.</summary>
    internal static class Columns
    {
        private const string Updated = "UpdatedAt";

        /// <summary>A link, a confirmation and a delivery begin when they are made.</summary>
        private static readonly string[] Created = ["CreatedAt", "Since", "ConfirmedAt", "StartedAt"];

        /// <summary>When a row was made.</summary>
        public static string CreatedOf<TRow>() => Created.First(name => typeof(TRow).GetProperty(name) is not null);

        /// <summary>What never changes was changed last when it was made.</summary>
        public static string UpdatedOf<TRow>() => typeof(TRow).GetProperty(Updated) is null ? CreatedOf<TRow>() : Updated;
    }
}

/// <summary>Where a page ends: the last row's id, and what the list is sorted by where that is not the id.</summary>
/// <param name="Id">The last row's id.</param>
/// <param name="Key">What the list is sorted by: ticks of a moment, or a number.</param>
public readonly record struct ListPosition(Guid Id, long? Key = null)
{
    private const int IdBytes = 16;
    private const int Both = IdBytes + sizeof(long);

    /// <summary>The key as a moment; null where the id is the order.</summary>
    public DateTimeOffset? Moment => Key is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>16 bytes, or 24 with the key.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Key is null ? IdBytes : Both];
        Id.TryWriteBytes(bytes, bigEndian: true, out _);
        if (Key is { } key)
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(IdBytes), key);
        return bytes;
    }

    /// <summary>What was written; null for anything else.</summary>
    public static ListPosition? Read(ReadOnlySpan<byte> bytes) =>
        bytes.Length switch
        {
            IdBytes => new ListPosition(new Guid(bytes, bigEndian: true)),
            Both => new ListPosition(new Guid(bytes[..IdBytes], bigEndian: true), BinaryPrimitives.ReadInt64BigEndian(bytes[IdBytes..])),
            _ => null,
        };
}

using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Windows;

/// <summary>
/// Over which time a rule counts. The hierarchy is closed: each case says in one file how it is read, written, checked, counted and worded.
/// </summary>
public abstract record QuotaWindow
{
    private protected QuotaWindow() { }

    /// <summary>How each kind is read from a document, by its word.</summary>
    internal static IReadOnlyList<(string Word, Func<JsonFields, QuotaUnit, QuotaWindow> Read)> Kinds { get; } =
    [
        (PerRequestWindow.Word, PerRequestWindow.Read),
        (ConcurrentWindow.Word, ConcurrentWindow.Read),
        (LifetimeWindow.Word, LifetimeWindow.Read),
        (CalendarWindow.Word, CalendarWindow.Read),
        (AnchoredWindow.Word, AnchoredWindow.Read),
        (FirstUseWindow.Word, FirstUseWindow.Read),
        (RollingWindow.Word, RollingWindow.Read),
    ];

    /// <summary>The words of all kinds.</summary>
    public static IEnumerable<string> KindWords => Kinds.Select(kind => kind.Word);

    /// <summary>The word of its kind in documents and answers, such as <c>per-request</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>False when nothing is remembered from one request to the next.</summary>
    internal virtual bool NeedsCounter => true;

    /// <summary>Whether what was counted stays counted for ever.</summary>
    internal virtual bool IsEndless => false;

    /// <summary>
    /// Uses within one cell always count in the same bucket. Cells follow each other from 1970 UTC on. Windows of the calendar begin at a
    /// quarter of an hour in every time zone.
    /// </summary>
    /// <returns>Milliseconds; null when no two instants are sure to count together.</returns>
    internal virtual long? CellMs => 15 * 60_000;

    /// <summary>
    /// Whether what counts depends on the order in which things happened, not only on when. Then facts of several trees that meet in one
    /// counter must not share a moment, but for those of one command: it takes its trees by id, as a recount does.
    /// </summary>
    internal virtual bool CountsInOrder => false;

    /// <summary>Whether amounts leave it one after the other, not all at once.</summary>
    internal virtual bool FreesInParts => false;

    /// <summary>What it brings over from the window before.</summary>
    internal virtual CarryOver? Carries => null;

    /// <summary>Whether the measure can be counted over it.</summary>
    internal abstract bool Fits(QuotaMeasure measure);

    /// <summary>Finds what is wrong with it: the field from <c>window</c> on, the code and the message.</summary>
    internal virtual void Check(Action<string, string, string> add) { }

    /// <summary>Adds its members, but for the kind, to a document.</summary>
    internal virtual void Write(JsonObject json, QuotaUnit unit) { }

    /// <summary>What counters need of it. The zone holds where it names none.</summary>
    internal abstract WindowClock ClockIn(string timeZone);

    /// <summary>A text that two windows share exactly when they count the same.</summary>
    internal abstract string Canonical(string timeZone);

    /// <summary>Follows an amount, such as <c>per calendar month</c>.</summary>
    internal abstract string English();

    /// <summary>Stands before an amount, such as <c>매월</c>.</summary>
    internal abstract string Korean();

    /// <summary>Reads the window of a rule; null when its kind is unknown, which was noted.</summary>
    internal static QuotaWindow? Of(JsonFields fields, QuotaUnit unit)
    {
        if (fields.Choice("kind", Kinds, kind => kind.Word) is not { Read: { } read })
            return null;
        var window = read(fields, unit);
        fields.Done();
        return window;
    }
}

using System.Text.Json.Nodes;
using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Windows;

/// <summary>A unit of the civil calendar.</summary>
public sealed record CalendarWindow : CyclicWindow
{
    internal const string Word = "calendar";

    /// <inheritdoc/>
    public override string Kind => Word;

    /// <summary>Weeks begin on Monday; an <see cref="AnchoredWindow"/> begins them on any day.</summary>
    public required CalendarUnit Unit { get; init; }

    private protected override string CanonicalCycle => $"{Word}/{Words.Of(Unit)}";

    internal static QuotaWindow Read(JsonFields fields, QuotaUnit unit) =>
        new CalendarWindow
        {
            Unit = fields.Choice<CalendarUnit>("unit") ?? default,
            TimeZone = fields.Text("timeZone"),
            CarryOver = ReadCarryOver(fields, unit),
        };

    internal override void Write(JsonObject json, QuotaUnit unit)
    {
        json.With("unit", Words.Of(Unit));
        base.Write(json, unit);
    }

    internal override Cycle CycleIn(string timeZone) => CalendarWindows.Of(Unit, timeZone);

    internal override string English() => $"per calendar {Words.Of(Unit)}";

    internal override string Korean() =>
        Unit switch
        {
            CalendarUnit.Hour => "매시간",
            CalendarUnit.Day => "매일",
            CalendarUnit.Week => "매주",
            CalendarUnit.Month => "매월",
            CalendarUnit.Quarter => "매 분기",
            CalendarUnit.Year => "매년",
            _ => throw new InvalidOperationException($"The unit {Unit} has no Korean word."),
        };
}

using System.Text.Json.Nodes;
using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Windows;

/// <summary>
/// A window that follows another without gap, by the wall clock of a time zone, and may bring over what the last one left.
/// </summary>
public abstract record CyclicWindow : QuotaWindow
{
    private protected CyclicWindow() { }

    /// <summary>By its IANA name; when null, the policy's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>What is brought over from one window into the next; null for nothing.</summary>
    public CarryOver? CarryOver { get; init; }

    internal override CarryOver? Carries => CarryOver;

    /// <summary>Its windows in a zone.</summary>
    internal abstract Cycle CycleIn(string timeZone);

    /// <summary>What it counts, but for zone and carry-over.</summary>
    private protected abstract string CanonicalCycle { get; }

    internal override bool Fits(QuotaMeasure measure) => !measure.IsOfTheMoment;

    internal override void Write(JsonObject json, QuotaUnit unit) =>
        json.With("timeZone", TimeZone)
            .With(
                "carryOver",
                CarryOver is { } carry
                    ? new JsonObject()
                        .With("min", carry.Min == 0 ? null : JsonMembers.Amount(carry.Min, unit))
                        .With("max", JsonMembers.Amount(carry.Max, unit))
                    : null
            );

    internal override void Check(Action<string, string, string> add)
    {
        if (TimeZone is { } zone && !Cycle.Knows(zone))
            add("window.timeZone", "unknown-time-zone", Cycle.UnknownZone(Excerpt.Of(zone)));
        if (CarryOver is not { } carry)
            return;
        if (carry.Max > QuotaUnits.MaxLimit)
            add("window.carryOver.max", "overflowing-limit", "The maximum is too large.");
        if (carry.Min < 0 || carry.Max < carry.Min)
            add("window.carryOver", "contradiction", "State a minimum from 0 to the maximum.");
    }

    internal override WindowClock ClockIn(string timeZone) =>
        new CycleClock(CycleIn(TimeZone ?? timeZone), TimeZone ?? timeZone, CarryOver is not null);

    internal override string Canonical(string timeZone) =>
        $"{CanonicalCycle}/{TimeZone ?? timeZone}{(CarryOver is null ? "" : "/carries")}";

    private protected static CarryOver? ReadCarryOver(JsonFields fields, QuotaUnit unit) =>
        fields.Object(
            "carryOver",
            required: false,
            inner =>
            {
                var carryOver = new CarryOver(inner.Amount("min", unit) ?? 0, inner.Amount("max", unit, required: true) ?? 0);
                inner.Done();
                return carryOver;
            }
        );
}

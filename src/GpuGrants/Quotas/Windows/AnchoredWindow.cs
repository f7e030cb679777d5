using System.Text.Json.Nodes;
using GpuGrants.Calendars;
using NodaTime;
using NodaTime.Text;

namespace GpuGrants.Quotas.Windows;

/// <summary>
/// A stretch of years, months, weeks and days, counted from an anchor date in both directions. Window n begins at anchor + n × length.
/// So an anchor on the 31st keeps to the ends of months, and one on a Tuesday begins weeks on Tuesdays.
/// </summary>
public sealed record AnchoredWindow : CyclicWindow
{
    internal const string Word = "anchored";

    private const int MaxYears = 10;

    /// <inheritdoc/>
    public override string Kind => Word;

    /// <summary>From a day to ten years, in whole years, months, weeks and days.</summary>
    public required Period Length { get; init; }

    /// <summary>The first day of one of its windows.</summary>
    public required LocalDate Anchor { get; init; }

    private string LengthText => PeriodPattern.Roundtrip.Format(Length);

    private string AnchorText => LocalDatePattern.Iso.Format(Anchor);

    private protected override string CanonicalCycle => $"{Word}/{LengthText}/{AnchorText}";

    internal static QuotaWindow Read(JsonFields fields, QuotaUnit unit) =>
        new AnchoredWindow
        {
            Length = ReadLength(fields),
            Anchor = ReadAnchor(fields),
            TimeZone = fields.Text("timeZone"),
            CarryOver = ReadCarryOver(fields, unit),
        };

    internal override void Write(JsonObject json, QuotaUnit unit)
    {
        json.With("length", LengthText).With("anchor", AnchorText);
        base.Write(json, unit);
    }

    internal override void Check(Action<string, string, string> add)
    {
        base.Check(add);
        if (!IsLength(Length))
            add("window.length", "invalid-duration", LengthRule);
        if (Anchor.Year is < 1900 or > 2200)
            add("window.anchor", "invalid-date", "An anchor lies between the years 1900 and 2200.");
    }

    internal override Cycle CycleIn(string timeZone) => new AnchoredPeriods(Anchor, Length, timeZone);

    internal override string English()
    {
        static string Part(int count, string unit) => count == 1 ? $"1 {unit}" : $"{count} {unit}s";
        var (parts, single) = Parts(n => Part(n, "year"), n => Part(n, "month"), n => Part(n, "week"), n => Part(n, "day"));
        return $"every {(single == 1 ? parts[2..] : parts)}, counted from {AnchorText}";
    }

    internal override string Korean() => $"{AnchorText}부터 {Parts(n => $"{n}년", n => $"{n}개월", n => $"{n}주", n => $"{n}일").Text}마다";

    private const string LengthRule =
        "A length is made of years, months, weeks and days, from P1D to P10Y, such as P1M, P2W or P10D. "
        + "For hours use a rolling or a first-use window.";

    private static bool IsLength(Period length) =>
        length is { HasTimeComponent: false, Years: >= 0, Months: >= 0, Weeks: >= 0, Days: >= 0 }
        && length != Period.Zero
        && length is { Years: <= MaxYears, Months: <= 12 * MaxYears, Weeks: <= 53 * MaxYears, Days: <= 366 * MaxYears }
        && new LocalDate(2000, 1, 1).Plus(length) <= new LocalDate(2000 + MaxYears, 1, 1);

    private static Period ReadLength(JsonFields fields)
    {
        if (fields.Text("length", required: true) is not { } text)
            return Period.FromDays(1);
        if (PeriodPattern.Roundtrip.Parse(text) is { Success: true, Value: var length } && IsLength(length))
            return length;
        fields.Refuse("length", "invalid-duration", $"'{Excerpt.Of(text)}' is no such length. {LengthRule}");
        return Period.FromDays(1);
    }

    private static LocalDate ReadAnchor(JsonFields fields)
    {
        if (fields.Text("anchor", required: true) is not { } text)
            return default;
        if (LocalDatePattern.Iso.Parse(text) is { Success: true, Value: var date })
            return date;
        fields.Refuse("anchor", "invalid-date", $"'{Excerpt.Of(text)}' is no date such as 2026-01-31.");
        return default;
    }

    /// <summary>The parts that are not zero, joined by blanks, and the count when there is one part alone.</summary>
    private (string Text, int? Single) Parts(
        Func<int, string> years,
        Func<int, string> months,
        Func<int, string> weeks,
        Func<int, string> days
    )
    {
        (int Count, Func<int, string> Write)[] all =
        [
            (Length.Years, years),
            (Length.Months, months),
            (Length.Weeks, weeks),
            (Length.Days, days),
        ];
        var stated = all.Where(part => part.Count > 0).ToList();
        return (string.Join(' ', stated.Select(part => part.Write(part.Count))), stated.Count == 1 ? stated[0].Count : null);
    }
}

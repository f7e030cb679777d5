namespace GpuGrants.Quotas.Windows;

/// <summary>What exists at this moment.</summary>
public sealed record ConcurrentWindow : QuotaWindow
{
    internal const string Word = "concurrent";

    /// <inheritdoc/>
    public override string Kind => Word;

    internal static QuotaWindow Read(JsonFields fields, QuotaUnit unit) => new ConcurrentWindow();

    internal override bool Fits(QuotaMeasure measure) => measure.IsOfTheMoment;

    internal override WindowClock ClockIn(string timeZone) => TimelessClock.Instance;

    internal override string Canonical(string timeZone) => Word;

    internal override string English() => "at any one time";

    internal override string Korean() => "동시에";
}

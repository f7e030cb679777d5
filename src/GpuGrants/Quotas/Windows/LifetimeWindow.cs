namespace GpuGrants.Quotas.Windows;

/// <summary>All that ever was.</summary>
public sealed record LifetimeWindow : QuotaWindow
{
    internal const string Word = "lifetime";

    /// <inheritdoc/>
    public override string Kind => Word;

    internal override bool IsEndless => true;

    internal static QuotaWindow Read(JsonFields fields, QuotaUnit unit) => new LifetimeWindow();

    internal override bool Fits(QuotaMeasure measure) => !measure.IsOfTheMoment;

    internal override WindowClock ClockIn(string timeZone) => TimelessClock.Instance;

    internal override string Canonical(string timeZone) => Word;

    internal override string English() => "in all";

    internal override string Korean() => "전체 기간에";
}

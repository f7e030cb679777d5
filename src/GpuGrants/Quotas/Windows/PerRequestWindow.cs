namespace GpuGrants.Quotas.Windows;

/// <summary>The request alone: nothing is remembered.</summary>
public sealed record PerRequestWindow : QuotaWindow
{
    internal const string Word = "per-request";

    /// <inheritdoc/>
    public override string Kind => Word;

    internal override bool NeedsCounter => false;

    internal static QuotaWindow Read(JsonFields fields, QuotaUnit unit) => new PerRequestWindow();

    internal override bool Fits(QuotaMeasure measure) => measure.LimitsOneRequest;

    internal override WindowClock ClockIn(string timeZone) => TimelessClock.Instance;

    internal override string Canonical(string timeZone) => Word;

    internal override string English() => "per request";

    internal override string Korean() => "요청 한 번에";
}

namespace GpuGrants.Quotas.Measures;

/// <summary>GPU-seconds awarded, with those held for a review.</summary>
internal sealed class GpuHoursGranted() : QuotaMeasure("gpu-hours-granted", QuotaUnit.GpuHours)
{
    internal override bool IsOfTheMoment => false;

    internal override bool LimitsOneRequest => true;

    internal override bool GrowsWithTheAsk => true;

    internal override string EnglishNoun => "GPU-hour";

    public override long Requested(in QuotaAsk ask) => ask.Part == AskedPart.Dates ? 0 : ask.Time.Seconds;

    public override (long Used, long Held) Change(QuotaFact fact, bool refunds) => Awarded(fact, fact.Time.Seconds, refunds);

    public override bool GivesBack(bool refunds) => refunds;

    internal override string Korean(string number) => $"{number} GPU시간";
}

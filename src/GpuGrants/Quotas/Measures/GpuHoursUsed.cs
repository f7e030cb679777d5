namespace GpuGrants.Quotas.Measures;

/// <summary>
/// GPU-seconds that providers reported as used. What was granted and is neither used nor returned is outstanding. It counts in each window
/// that the grant's dates overlap, with as much as the grant's GPUs can use there.
/// </summary>
internal sealed class GpuHoursUsed() : QuotaMeasure("gpu-hours-used", QuotaUnit.GpuHours)
{
    internal override bool IsOfTheMoment => false;

    internal override bool LimitsOneRequest => false;

    internal override bool GrowsWithTheAsk => true;

    internal override bool CountsOutstanding => true;

    internal override string EnglishNoun => "GPU-hour";

    internal override string EnglishVerb => "use";

    internal override string KoreanVerb => "사용할";

    public override long Requested(in QuotaAsk ask) => ask.Time.Seconds;

    public override (long Used, long Held) Change(QuotaFact fact, bool refunds) =>
        fact.Kind switch
        {
            QuotaFactKind.Used => (fact.Time.Seconds, 0),
            QuotaFactKind.Unused => (-fact.Time.Seconds, 0),
            _ => default,
        };

    public override bool GivesBack(bool refunds) => false;

    internal override string Korean(string number) => $"{number} GPU시간";
}

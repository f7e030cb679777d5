namespace GpuGrants.Quotas.Measures;

/// <summary>Requests made, whatever became of them.</summary>
internal sealed class RequestsMade() : QuotaMeasure("requests-made", QuotaUnit.Count)
{
    internal override bool IsOfTheMoment => false;

    internal override bool LimitsOneRequest => false;

    internal override bool GrowsWithTheAsk => false;

    internal override string EnglishNoun => "request";

    internal override string EnglishVerb => "make";

    internal override string EnglishAsked => "Your request counts as";

    internal override string KoreanVerb => "할";

    public override long Requested(in QuotaAsk ask) => ask.IsCountedAlready || ask.IsNoRequest ? 0 : 1;

    public override (long Used, long Held) Change(QuotaFact fact, bool refunds) => (One(fact, QuotaFactKind.Requested), 0);

    public override bool GivesBack(bool refunds) => false;

    internal override string Korean(string number) => $"요청 {number}건";
}

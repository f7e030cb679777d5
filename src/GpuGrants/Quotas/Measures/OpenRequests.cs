namespace GpuGrants.Quotas.Measures;

/// <summary>Requests that wait for a person.</summary>
internal sealed class OpenRequests() : QuotaMeasure("open-requests", QuotaUnit.Count)
{
    internal override bool IsOfTheMoment => true;

    internal override bool LimitsOneRequest => false;

    internal override bool GrowsWithTheAsk => false;

    internal override string EnglishNoun => "open request";

    internal override string EnglishVerb => "have";

    internal override string EnglishAsked => "Your request counts as";

    internal override string KoreanVerb => "둘";

    public override long Requested(in QuotaAsk ask) => ask.IsNoRequest ? 0 : 1;

    public override (long Used, long Held) Change(QuotaFact fact, bool refunds) =>
        ((fact.IsBeginning ? 1 : 0) - One(fact, QuotaFactKind.RequestClosed), 0);

    public override bool GivesBack(bool refunds) => true;

    internal override string Korean(string number) => $"대기 중인 요청 {number}건";
}

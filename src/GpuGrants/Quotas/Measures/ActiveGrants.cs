namespace GpuGrants.Quotas.Measures;

/// <summary>Grants that have not ended, with requests that hold one for a review.</summary>
internal sealed class ActiveGrants() : QuotaMeasure("active-grants", QuotaUnit.Count)
{
    internal override bool IsOfTheMoment => true;

    internal override bool LimitsOneRequest => false;

    internal override bool GrowsWithTheAsk => false;

    internal override string EnglishNoun => "active grant";

    internal override string EnglishVerb => "have";

    internal override string EnglishAsked => "Your request counts as";

    internal override string KoreanVerb => "둘";

    public override long Requested(in QuotaAsk ask) => ask.Part == AskedPart.Grant ? 1 : 0;

    public override (long Used, long Held) Change(QuotaFact fact, bool refunds) => Running(fact, 1);

    public override bool GivesBack(bool refunds) => true;

    internal override string Korean(string number) => $"진행 중인 지원 {number}건";
}

namespace GpuGrants.Quotas.Measures;

/// <summary>Credits awarded, in 1/3,600,000 credit, with those held for a review.</summary>
internal sealed class CreditsGranted() : QuotaMeasure("credits-granted", QuotaUnit.Credits)
{
    internal override bool IsOfTheMoment => false;

    internal override bool LimitsOneRequest => true;

    internal override bool GrowsWithTheAsk => true;

    internal override string EnglishNoun => "credit";

    public override long Requested(in QuotaAsk ask) => ask.Part == AskedPart.Dates ? 0 : ask.Credits.Units;

    public override (long Used, long Held) Change(QuotaFact fact, bool refunds) => Awarded(fact, fact.Credits.Units, refunds);

    public override bool GivesBack(bool refunds) => refunds;

    internal override string Korean(string number) => $"{number} 크레딧";

    internal override string EnglishAtMost(string amount) => $"GPU time worth {amount} or less";

    internal override string KoreanAtMost(string amount) => $"{amount} 이하에 해당하는 양으로";
}

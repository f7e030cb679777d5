namespace GpuGrants.Quotas.Measures;

/// <summary>Grants awarded, ended or not.</summary>
internal sealed class GrantsAwarded() : QuotaMeasure("grants-awarded", QuotaUnit.Count)
{
    internal override bool IsOfTheMoment => false;

    internal override bool LimitsOneRequest => false;

    internal override bool GrowsWithTheAsk => false;

    internal override string EnglishNoun => "grant";

    internal override string EnglishAsked => "Your request counts as";

    public override long Requested(in QuotaAsk ask) => ask.Part == AskedPart.Grant ? 1 : 0;

    public override (long Used, long Held) Change(QuotaFact fact, bool refunds) =>
        fact.Kind == QuotaFactKind.GrantEnded ? default : Running(fact, 1);

    public override bool GivesBack(bool refunds) => false;

    internal override string Korean(string number) => $"지원 {number}건";
}

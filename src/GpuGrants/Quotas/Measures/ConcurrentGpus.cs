namespace GpuGrants.Quotas.Measures;

/// <summary>GPUs that active grants may run at one time.</summary>
internal sealed class ConcurrentGpus() : QuotaMeasure("concurrent-gpus", QuotaUnit.Count)
{
    internal override bool IsOfTheMoment => true;

    internal override bool LimitsOneRequest => true;

    internal override bool GrowsWithTheAsk => true;

    internal override string EnglishNoun => "GPU";

    internal override string EnglishVerb => "run";

    internal override string KoreanVerb => "사용할";

    public override long Requested(in QuotaAsk ask) => ask.Part == AskedPart.Grant ? ask.Gpus : 0;

    public override (long Used, long Held) Change(QuotaFact fact, bool refunds) =>
        fact.Kind switch
        {
            QuotaFactKind.GpusGivenBack => (-fact.Gpus, 0),
            QuotaFactKind.GpusTakenAgain => (fact.Gpus, 0),
            _ => Running(fact, fact.Gpus),
        };

    public override bool GivesBack(bool refunds) => true;

    internal override string EnglishAtMost(string amount) => $"{amount} or fewer";

    internal override string Korean(string number) => $"GPU {number}장";
}

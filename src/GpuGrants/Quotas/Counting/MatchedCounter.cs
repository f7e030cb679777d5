namespace GpuGrants.Quotas.Counting;

/// <summary>A signature that covers a context, for one of its subjects.</summary>
internal readonly record struct MatchedCounter(CompiledSignature Compiled, SubjectId Subject)
{
    public RuleSignature Signature => Compiled.Signature;

    public CounterKey Key => new(Signature.Id, Subject);
}

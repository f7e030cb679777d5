using GpuGrants.Trees;

namespace GpuGrants.Quotas.Counting;

/// <summary>A signature that covers a context, for one of its subjects, whose counter is locked with a tree.</summary>
internal readonly record struct MatchedCounter(CompiledSignature Compiled, SubjectId Subject, TreeId Tree)
{
    public RuleSignature Signature => Compiled.Signature;

    public CounterKey Key => new(Tree, Signature.Id, Subject);
}

namespace GpuGrants.Quotas.Counting;

/// <summary>A signature with the rules that read its counters.</summary>
internal sealed class CompiledSignature(RuleSignature signature, CompiledRule[] rules, int order)
{
    /// <summary>Its place among all signatures: by it, every decision lists its reasons in the same order.</summary>
    public int Order { get; } = order;

    public RuleSignature Signature { get; } = signature;

    public CompiledRule[] Rules { get; } = rules;
}

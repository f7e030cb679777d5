namespace GpuGrants.Quotas;

/// <summary>A signature with the rules that read its counters.</summary>
internal sealed class CompiledSignature(RuleSignature signature, CompiledRule[] rules)
{
    public RuleSignature Signature { get; } = signature;

    public CompiledRule[] Rules { get; } = rules;
}

using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas;

/// <summary>The quotas of a tree as decisions use them: its own policies and those of the platform, compiled as one.</summary>
/// <param name="Compiled">Rules of both.</param>
/// <param name="MissingSignatures">What is counted from now on and was not so far: its history has to be folded first.</param>
/// <param name="StaleSignatures">Stored signatures that no rule counts by any more: nobody keeps their counters.</param>
/// <param name="Overrides">Those of both that are or will be in force.</param>
public sealed record QuotaConfig(
    CompiledQuotas Compiled,
    IReadOnlyList<RuleSignature> MissingSignatures,
    IReadOnlyList<(TreeId Tree, Guid Signature)> StaleSignatures,
    IReadOnlyList<QuotaOverride> Overrides
)
{
    public static QuotaConfig None { get; } = new(CompiledQuotas.None, [], [], []);

    /// <summary>
    /// The platform's rules among the missing ones: they count in many trees, so their history is folded while nobody decides.
    /// </summary>
    public IEnumerable<RuleSignature> MissingOfPlatform => MissingSignatures.Where(signature => signature.ScopeProgrammeId is null);
}

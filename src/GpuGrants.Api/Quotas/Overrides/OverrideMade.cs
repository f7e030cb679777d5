using GpuGrants.Api.Access.Proposals;

namespace GpuGrants.Api.Quotas.Overrides;

/// <summary>An override was made or ended, or several people have to agree first.</summary>
/// <param name="Override">The override; not stored where others have to agree.</param>
/// <param name="Proposal">What waits for others; null when nothing does.</param>
public sealed record OverrideMade(QuotaOverrideRow Override, ChangeProposal? Proposal = null);

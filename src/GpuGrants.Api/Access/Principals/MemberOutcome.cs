using GpuGrants.Api.Access.Proposals;

namespace GpuGrants.Api.Access.Principals;

/// <summary>Somebody got a role, or several people have to agree first.</summary>
/// <param name="Member">Who has the role.</param>
/// <param name="Proposal">What waits for others; null when nothing does.</param>
public sealed record MemberOutcome(MemberView? Member, ChangeProposal? Proposal);

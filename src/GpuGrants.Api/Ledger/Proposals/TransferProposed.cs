namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>A proposal, and the transfer that moved its credits at once or holds them for a second person.</summary>
public sealed record TransferProposed(TransferProposal Proposal, Transfer Transfer);

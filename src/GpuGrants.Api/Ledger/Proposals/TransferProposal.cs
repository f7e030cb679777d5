using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>A row of <c>transfer_proposals</c>: what an administrator moves or proposes to move, and who approved it.</summary>
public sealed class TransferProposal : IVersioned
{
    public Guid RootProgrammeId { get; set; }

    /// <summary>That of its first transfer: the one that moved it at once, or the one that holds it.</summary>
    public Guid Id { get; set; }

    /// <summary>One of <see cref="ProposalKinds"/>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>One of <see cref="ProposalStatus"/>.</summary>
    public string Status { get; set; } = "";

    /// <summary>The programme that gets the credits; for a write-off, the one that loses them.</summary>
    public Guid ProgrammeId { get; set; }

    public Guid? FromProgrammeId { get; set; }

    public Guid? CorrectsId { get; set; }

    public Guid DebitAccountId { get; set; }

    public Guid CreditAccountId { get; set; }

    /// <summary>In 1/3,600,000 credit.</summary>
    public long Amount { get; set; }

    public string Reason { get; set; } = "";

    /// <summary>The transfer that moved it.</summary>
    public Guid? TransferId { get; set; }

    /// <summary>Until when a second person may approve; null when none had to.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    public Guid ProposedBy { get; set; }

    public string ClientId { get; set; } = "";

    public Guid? OnBehalfOf { get; set; }

    public Guid? DecidedBy { get; set; }

    public string? DecidedClientId { get; set; }

    public string? Comment { get; set; }

    public DateTimeOffset? DecidedAt { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>What a proposal is for.</summary>
public static class ProposalKinds
{
    /// <summary>A sponsor's new credits.</summary>
    public const string Fund = "fund";

    /// <summary>From one programme's budget to another's, in one tree.</summary>
    public const string Transfer = "transfer";

    /// <summary>From a budget to breakage, for good.</summary>
    public const string WriteOff = "write-off";

    /// <summary>Back what an earlier transfer moved.</summary>
    public const string Correction = "correction";

    public static IReadOnlyList<string> All { get; } = [Fund, Transfer, WriteOff, Correction];
}

/// <summary>Where a proposal stands.</summary>
public static class ProposalStatus
{
    public const string AwaitingApproval = "awaiting-approval";
    public const string Posted = "posted";
    public const string Rejected = "rejected";
    public const string Expired = "expired";
}

internal sealed class TransferProposalTable : IEntityTypeConfiguration<TransferProposal>
{
    public void Configure(EntityTypeBuilder<TransferProposal> table) =>
        table.ToTable("transfer_proposals").HasKey(row => new { row.RootProgrammeId, row.Id });
}

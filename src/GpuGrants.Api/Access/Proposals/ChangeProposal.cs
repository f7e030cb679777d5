using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access.Proposals;

/// <summary>A row of <c>change_proposals</c>: a change that one person may not make alone, and who has agreed to it.</summary>
public sealed class ChangeProposal : IVersioned
{
    /// <summary>That of the policy; the empty id for roles and for policies of the platform.</summary>
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    /// <summary>One of <see cref="ChangeKinds"/>.</summary>
    public string Kind { get; set; } = "";

    /// <summary>One of <see cref="ChangeStatus"/>, except lapsed, which is what time makes of proposed.</summary>
    public string Status { get; set; } = "";

    /// <summary>The programme whose people decide; null for the platform.</summary>
    public Guid? ProgrammeId { get; set; }

    public Guid? PolicyId { get; set; }

    /// <summary>What is to be done, JSON.</summary>
    public string Change { get; set; } = "";

    public string Reason { get; set; } = "";

    public int ApprovalsNeeded { get; set; }

    /// <summary>Who has agreed so far; who proposed it comes first.</summary>
    public Guid[] ApprovedBy { get; set; } = [];

    /// <summary>Which roles may approve; empty for all who may propose it.</summary>
    public string[] ApproverRoles { get; set; } = [];

    public Guid ProposedBy { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>What it made: an override or a principal.</summary>
    public Guid? ResultId { get; set; }

    public Guid? DecidedBy { get; set; }

    public string? Comment { get; set; }

    public DateTimeOffset? DecidedAt { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Where it stands at a moment.</summary>
    /// <returns>One of <see cref="ChangeStatus"/>.</returns>
    public string StatusAt(DateTimeOffset at) => Status == ChangeStatus.Proposed && at >= ExpiresAt ? ChangeStatus.Lapsed : Status;
}

/// <summary>What a change proposal is for.</summary>
public static class ChangeKinds
{
    /// <summary>An override of a rule that asks for several approvals.</summary>
    public const string Override = "override";

    /// <summary>The end of an override that lowers such a rule's limit.</summary>
    public const string OverrideEnd = "override-end";

    /// <summary>A version of a policy that loosens it.</summary>
    public const string Policy = "policy";

    /// <summary>The end of a policy.</summary>
    public const string Retirement = "retirement";

    /// <summary>A role whose holder would decide what such a rule asks for.</summary>
    public const string Role = "role";

    public static IReadOnlyList<string> All { get; } = [Override, OverrideEnd, Policy, Retirement, Role];
}

/// <summary>Where a change proposal stands.</summary>
public static class ChangeStatus
{
    public const string Proposed = "proposed";
    public const string Approved = "approved";
    public const string Rejected = "rejected";

    /// <summary>Too few agreed in time.</summary>
    public const string Lapsed = "lapsed";

    public static IReadOnlyList<string> All { get; } = [Proposed, Approved, Rejected, Lapsed];
}

internal sealed class ChangeProposalTable : IEntityTypeConfiguration<ChangeProposal>
{
    public void Configure(EntityTypeBuilder<ChangeProposal> table)
    {
        table.ToTable("change_proposals").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Property(row => row.Change).HasColumnType("jsonb");
        table.UpdatesOnly(row => new
        {
            row.Status,
            row.ApprovedBy,
            row.ResultId,
            row.DecidedBy,
            row.Comment,
            row.DecidedAt,
            row.Version,
            row.UpdatedAt,
        });
    }
}

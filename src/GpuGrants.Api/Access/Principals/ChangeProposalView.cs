using System.Text.Json;
using System.Text.Json.Serialization;
using GpuGrants.Api.Access.Proposals;

namespace GpuGrants.Api.Access.Principals;

/// <summary>A change that one person may not make alone: what, who proposed it, and who has agreed.</summary>
public sealed record ChangeProposalView
{
    public required Guid Id { get; init; }

    /// <summary>override, override-end, policy, retirement or role.</summary>
    public required string Kind { get; init; }

    /// <summary>proposed, approved, rejected, or lapsed when too few agreed in time.</summary>
    public required string Status { get; init; }

    /// <summary>The programme whose people decide; left out for the platform.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ProgrammeId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? PolicyId { get; init; }

    /// <summary>What is to be done, as it was sent.</summary>
    public required JsonElement Change { get; init; }

    /// <summary>Why, in the proposer's words.</summary>
    public required string Reason { get; init; }

    /// <summary>People who have to agree; who proposed it is one of them.</summary>
    public required int ApprovalsNeeded { get; init; }

    /// <summary>The principals who have agreed so far; who proposed it comes first.</summary>
    public required IReadOnlyList<Guid> ApprovedBy { get; init; }

    /// <summary>Which roles may approve; empty for everybody who may propose it.</summary>
    public required IReadOnlyList<string> ApproverRoles { get; init; }

    /// <summary>When it lapses.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The override or the principal that it made; null when it made none.</summary>
    public Guid? ResultId { get; init; }

    /// <summary>In the answer to the last approval of a role: who has it now, with credentials that are shown only this once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MemberView? Member { get; init; }

    /// <summary>The principal whose verdict settled it; null while nobody's has.</summary>
    public Guid? DecidedBy { get; init; }

    /// <summary>What they said.</summary>
    public string? Comment { get; init; }

    /// <summary>When it was settled; null while it is not.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>For <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static ChangeProposalView Of(ChangeProposal row, DateTimeOffset at) =>
        new()
        {
            Id = row.Id,
            Kind = row.Kind,
            Status = row.StatusAt(at),
            ProgrammeId = row.ProgrammeId,
            PolicyId = row.PolicyId,
            Change = JsonDocument.Parse(row.Change).RootElement,
            Reason = row.Reason,
            ApprovalsNeeded = row.ApprovalsNeeded,
            ApprovedBy = row.ApprovedBy,
            ApproverRoles = row.ApproverRoles,
            ExpiresAt = row.ExpiresAt,
            ResultId = row.ResultId,
            DecidedBy = row.DecidedBy,
            Comment = row.Comment,
            DecidedAt = row.DecidedAt,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
        };

    internal ChangeProposalView WithoutSecret() => this with { Member = Member?.WithoutSecret() };
}

using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>Credits that an administrator moved or proposed to move: who, when, why, through which client, and who decided.</summary>
public sealed record TransferProposalView
{
    public required Guid Id { get; init; }

    public required Guid RootProgrammeId { get; init; }

    /// <summary>fund, transfer, write-off or correction.</summary>
    public required string Kind { get; init; }

    /// <summary>
    /// posted; awaiting-approval while the credits are held for a second person; rejected; or expired when nobody decided in time.
    /// </summary>
    public required string Status { get; init; }

    /// <summary>
    /// The programme that gets the credits; for a write-off, the one that loses them; for a correction, the one of the corrected transfer.
    /// </summary>
    public required Guid ProgrammeId { get; init; }

    /// <summary>The programme whose budget pays a transfer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? FromProgrammeId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? CorrectsId { get; init; }

    public required Guid DebitAccountId { get; init; }

    public required Guid CreditAccountId { get; init; }

    public required decimal Credits { get; init; }

    public required string Reason { get; init; }

    /// <summary>The pending transfer that holds or held the credits; left out when nobody had to approve.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? HoldId { get; init; }

    /// <summary>The transfer that moved the credits.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? TransferId { get; init; }

    /// <summary>Until when a second person may approve; left out when nobody had to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The principal who moved or proposed it.</summary>
    public required Guid ProposedBy { get; init; }

    /// <summary>The API client that the principal acted through.</summary>
    public required string ClientId { get; init; }

    /// <summary>The organization for which a partner acted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? OnBehalfOf { get; init; }

    /// <summary>The second person, who approved or rejected it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? DecidedBy { get; init; }

    /// <summary>The API client that the second person acted through.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DecidedClientId { get; init; }

    /// <summary>What the second person said.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; init; }

    /// <summary>When it was approved or rejected, or expired.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>For <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public static TransferProposalView Of(TransferProposal row) =>
        new()
        {
            Id = row.Id,
            RootProgrammeId = row.RootProgrammeId,
            Kind = row.Kind,
            Status = row.Status,
            ProgrammeId = row.ProgrammeId,
            FromProgrammeId = row.FromProgrammeId,
            CorrectsId = row.CorrectsId,
            DebitAccountId = row.DebitAccountId,
            CreditAccountId = row.CreditAccountId,
            Credits = Wire.Credits(row.Amount),
            Reason = row.Reason,
            HoldId = row.ExpiresAt is null ? null : row.Id,
            TransferId = row.TransferId,
            ExpiresAt = row.ExpiresAt,
            ProposedBy = row.ProposedBy,
            ClientId = row.ClientId,
            OnBehalfOf = row.OnBehalfOf,
            DecidedBy = row.DecidedBy,
            DecidedClientId = row.DecidedClientId,
            Comment = row.Comment,
            DecidedAt = row.DecidedAt,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
}

namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What people make happen in the ledger.</summary>
public static class LedgerEvents
{
    public static readonly EventType<TransferData> Transferred = new(
        "ledger.transferred",
        "transfer",
        "Somebody posted a transfer by hand."
    );

    public static readonly EventType<HoldExpiredData> HoldExpired = new("ledger.hold-expired", "transfer", "A hold made by hand ran out.");

    public static readonly EventType<ProposalData> ProposalPosted = new(
        "transfer-proposal.posted",
        "transfer-proposal",
        "Credits were moved."
    );

    public static readonly EventType<ProposalData> ProposalCreated = new(
        "transfer-proposal.created",
        "transfer-proposal",
        "Somebody proposed to move credits, and a second person has to approve."
    );

    public static readonly EventType<ProposalData> ProposalRejected = new(
        "transfer-proposal.rejected",
        "transfer-proposal",
        "A second person refused to move credits."
    );

    public static readonly EventType<ProposalData> ProposalExpired = new(
        "transfer-proposal.expired",
        "transfer-proposal",
        "Nobody approved a transfer proposal in time."
    );

    /// <exception cref="ArgumentOutOfRangeException">No proposal has this status.</exception>
    public static EventType<ProposalData> Proposal(string status) =>
        status switch
        {
            "posted" => ProposalPosted,
            "awaiting-approval" => ProposalCreated,
            "rejected" => ProposalRejected,
            "expired" => ProposalExpired,
            _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No event tells of a proposal with this status."),
        };
}

/// <param name="TransferId">The transfer.</param>
/// <param name="Kind">posted, pending, post or void.</param>
/// <param name="DebitAccountId">The account that it left.</param>
/// <param name="CreditAccountId">The account to which it came.</param>
/// <param name="Credits">How many credits.</param>
/// <param name="PendingId">The hold that it ended.</param>
/// <param name="CorrectsId">The transfer that it corrects.</param>
public sealed record TransferData(
    Guid TransferId,
    string Kind,
    Guid DebitAccountId,
    Guid CreditAccountId,
    decimal Credits,
    Guid? PendingId,
    Guid? CorrectsId
) : IEventData
{
    string IEventData.ResourceId => TransferId.ToString();
}

/// <param name="PendingId">The hold.</param>
/// <param name="TransferId">The transfer that released it.</param>
/// <param name="Credits">How many credits are free again.</param>
public sealed record HoldExpiredData(Guid PendingId, Guid TransferId, decimal Credits) : IEventData
{
    string IEventData.ResourceId => PendingId.ToString();
}

/// <param name="ProposalId">The proposal.</param>
/// <param name="Kind">fund, transfer, write-off or correction.</param>
/// <param name="Status">Its status after it.</param>
/// <param name="ProgrammeId">The programme that gains; of a write-off the one that loses.</param>
/// <param name="Credits">How many credits.</param>
public sealed record ProposalData(Guid ProposalId, string Kind, string Status, Guid ProgrammeId, decimal Credits) : IEventData
{
    string IEventData.ResourceId => ProposalId.ToString();
}

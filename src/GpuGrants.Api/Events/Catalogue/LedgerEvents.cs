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

    public static readonly EventType<MovementData> MovementPosted = new("credit-movement.posted", "credit-movement", "Credits were moved.");

    public static readonly EventType<MovementData> MovementProposed = new(
        "credit-movement.proposed",
        "credit-movement",
        "Somebody proposed to move credits, and a second person has to approve."
    );

    public static readonly EventType<MovementData> MovementRejected = new(
        "credit-movement.rejected",
        "credit-movement",
        "A second person refused to move credits."
    );

    public static readonly EventType<MovementData> MovementExpired = new(
        "credit-movement.expired",
        "credit-movement",
        "Nobody approved a movement of credits in time."
    );

    /// <exception cref="ArgumentOutOfRangeException">No movement has this status.</exception>
    public static EventType<MovementData> Movement(string status) =>
        status switch
        {
            "posted" => MovementPosted,
            "awaiting-approval" => MovementProposed,
            "rejected" => MovementRejected,
            "expired" => MovementExpired,
            _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No event tells of a movement with this status."),
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

/// <param name="MovementId">The movement.</param>
/// <param name="Kind">fund, transfer, write-off or correction.</param>
/// <param name="Status">Its status after it.</param>
/// <param name="ProgrammeId">The programme that gains; of a write-off the one that loses.</param>
/// <param name="Credits">How many credits.</param>
public sealed record MovementData(Guid MovementId, string Kind, string Status, Guid ProgrammeId, decimal Credits) : IEventData
{
    string IEventData.ResourceId => MovementId.ToString();
}

using System.Text.Json.Serialization;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>The outcome of each transfer, in the order of the call.</summary>
public sealed record TransferOutcomes
{
    public required IReadOnlyList<TransferOutcome> Results { get; init; }
}

/// <summary>The outcome of one transfer. A refusal is an outcome too, and stays with the id for good.</summary>
public sealed record TransferOutcome
{
    public required Guid Id { get; init; }

    /// <summary>accepted or refused.</summary>
    public required string Outcome { get; init; }

    /// <summary>true when the id was sent before; this is its first answer.</summary>
    public required bool Replayed { get; init; }

    /// <summary>What was recorded; left out when it was refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TransferView? Transfer { get; init; }

    /// <summary>Why it was refused; left out when it was accepted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TransferRefusal? Refusal { get; init; }

    public static TransferOutcome Accepted(Transfer recorded, bool replayed) =>
        new()
        {
            Id = recorded.Id,
            Outcome = "accepted",
            Replayed = replayed,
            Transfer = TransferView.Of(TransferRow.Of(recorded)),
        };

    public static TransferOutcome Refused(Guid id, TransferRefusal refusal, bool replayed) =>
        new()
        {
            Id = id,
            Outcome = "refused",
            Replayed = replayed,
            Refusal = refusal,
        };
}

/// <summary>Why the ledger refused a transfer, or the chain that it was linked into.</summary>
public sealed record TransferRefusal
{
    /// <summary>The stable name of the rule, as docs/http-status-codes.md lists it.</summary>
    public required string Code { get; init; }

    /// <summary>The field at fault.</summary>
    public required string Field { get; init; }

    /// <summary>The transfer at fault: another one of the chain when this one was refused with it.</summary>
    public required Guid TransferId { get; init; }

    /// <summary>What to do next.</summary>
    public required string Message { get; init; }

    /// <summary>The largest amount that would have passed, in credits.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Limit { get; init; }

    /// <summary>The account at fault.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? AccountId { get; init; }

    /// <summary>The transfer or hold that stands in the way.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? RelatedId { get; init; }

    public static TransferRefusal Of(LedgerRefusal refusal) =>
        new()
        {
            Code = refusal.Code,
            Field = refusal.Field,
            TransferId = refusal.TransferId,
            Message = refusal.Next,
            Limit = (refusal.Limit ?? refusal.Available) is { } limit ? AccountView.Amount(limit, LedgerUnit.Credit.Code) : null,
            AccountId = refusal.AccountId,
            RelatedId = refusal.RelatedId,
        };
}

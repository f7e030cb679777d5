using System.Text.Json;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>What is kept of a refusal besides the order itself.</summary>
/// <param name="Refusal">The answer that the id keeps getting.</param>
/// <param name="ChainId">The first id of the chain that it was refused with; null when it stood alone.</param>
/// <param name="ActorId">Who sent it.</param>
/// <param name="ClientId">Through which client.</param>
internal sealed record RefusalRecord(TransferRefusal Refusal, Guid? ChainId, Guid ActorId, string ClientId);

/// <summary>Maps refusals, which stay with clients' transfer ids, to rows and back.</summary>
internal static class RefusedTransfers
{
    public static RefusedTransferRow ToRow(Guid root, TransferOrder order, RefusalRecord record, DateTimeOffset at) =>
        new()
        {
            RootProgrammeId = root,
            Id = order.Id,
            DebitAccountId = OrNull(order.DebitAccountId),
            CreditAccountId = OrNull(order.CreditAccountId),
            PendingId = order.PendingId,
            CorrectsId = order.CorrectsId,
            Amount = order.Amount,
            ExpiresAt = LedgerTime.Truncate(order.ExpiresAt),
            CreatedAt = at,
            Kind = order.Kind.Code(),
            Unit = order.Unit?.Code,
            Reason = order.Reason,
            Note = order.Note,
            Code = record.Refusal.Code,
            Details = ApiJson.WriteText(record),
        };

    public static RefusalRecord RecordOf(RefusedTransferRow row) =>
        JsonSerializer.Deserialize<RefusalRecord>(row.Details, ApiJson.Options)!;

    /// <summary>The first field in which the order differs from the one that was refused; null when it is the same.</summary>
    public static string? FirstDifference(TransferOrder order, RefusedTransferRow row)
    {
        var refusal = RecordOf(row).Refusal;
        return SameOrder.FirstDifference(
            order,
            new RefusedTransfer(
                ToOrder(row),
                new LedgerRefusal(row.Code, refusal.Field, 0, refusal.TransferId, refusal.Message),
                row.CreatedAt
            )
        );
    }

    private static TransferOrder ToOrder(RefusedTransferRow row) =>
        new()
        {
            Id = row.Id,
            Kind = TransferKinds.Parse(row.Kind),
            DebitAccountId = row.DebitAccountId ?? Guid.Empty,
            CreditAccountId = row.CreditAccountId ?? Guid.Empty,
            Unit = row.Unit is { } unit ? LedgerUnit.Parse(unit) : null,
            Amount = row.Amount,
            PendingId = row.PendingId,
            ExpiresAt = row.ExpiresAt,
            CorrectsId = row.CorrectsId,
            Reason = row.Reason,
            Note = row.Note,
        };

    private static Guid? OrNull(Guid id) => id == Guid.Empty ? null : id;
}

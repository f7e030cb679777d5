using GpuGrants.Ledger;

namespace GpuGrants.Api.Ledger.Transfers;

/// <summary>What the ledger recorded just now, as reading it back later shows it.</summary>
internal static class TransferViews
{
    public static TransferView Of(Transfer recorded) => new()
    {
        Id = recorded.Id,
        RootProgrammeId = recorded.RootProgrammeId,
        Sequence = recorded.Sequence,
        Kind = recorded.Kind.Code(),
        DebitAccountId = recorded.DebitAccountId,
        CreditAccountId = recorded.CreditAccountId,
        Unit = recorded.Unit.Code,
        Amount = AccountView.Amount(recorded.Amount, recorded.Unit.Code),
        Reason = recorded.Reason,
        Note = recorded.Note,
        PendingId = recorded.PendingId,
        ExpiresAt = recorded.ExpiresAt,
        ChainId = recorded.ChainId,
        CorrectsId = recorded.CorrectsId,
        RequestId = recorded.Context.RequestId,
        GrantId = recorded.Context.GrantId,
        ProgrammeId = recorded.Context.ProgrammeId,
        ActorId = recorded.Context.ActorId,
        ClientId = recorded.Context.ClientId,
        CreatedAt = recorded.CreatedAt,
    };
}

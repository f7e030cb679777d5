using GpuGrants.Api.Http;

namespace GpuGrants.Api.Ledger;

/// <summary>Transfers as a table; the columns are the members of <see cref="TransferView"/>.</summary>
internal static class TransferCsv
{
    public const string Header =
        "id,rootProgrammeId,sequence,createdAt,kind,unit,amount,amountUnits,debitAccountId,creditAccountId,reason,note,pendingId,expiresAt,chainId,correctsId,requestId,grantId,programmeId,actorId,clientId,onBehalfOf";

    public static string Row(TransferView one) =>
        FormattableString.Invariant(
            $"{one.Id},{one.RootProgrammeId},{one.Sequence},{UtcMoments.Text(one.CreatedAt)},{one.Kind},{Csv.Cell(one.Unit)},{one.Amount},{one.AmountUnits},{one.DebitAccountId},{one.CreditAccountId},{Csv.Cell(one.Reason)},{Csv.Cell(one.Note)},{one.PendingId},{(one.ExpiresAt is { } at ? UtcMoments.Text(at) : "")},{one.ChainId},{one.CorrectsId},{one.RequestId},{one.GrantId},{one.ProgrammeId},{one.ActorId},{Csv.Cell(one.ClientId)},{one.OnBehalfOf}"
        );
}

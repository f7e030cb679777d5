using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline;

namespace GpuGrants.Api.Ledger.Archives;

/// <summary>Rows as lines of JSON, as docs/ledger-seal.md describes: the names are the columns', the values are exact.</summary>
internal static class LedgerLines
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new UtcMoments() },
    };

    public static LedgerBlock Block(LedgerBlockRow row) =>
        new(row.RootProgrammeId, row.Number, row.FirstSequence, row.LastSequence, row.PreviousHash, row.Hash, row.RowDigests);

    public static AccountRow Row(Account account) =>
        new()
        {
            RootProgrammeId = account.RootProgrammeId,
            Id = account.Id,
            OwnerId = account.OwnerId,
            DebitsPending = account.Counters.DebitsPending,
            DebitsPosted = account.Counters.DebitsPosted,
            CreditsPending = account.Counters.CreditsPending,
            CreditsPosted = account.Counters.CreditsPosted,
            Version = account.Version,
            CreatedAt = account.CreatedAt,
            Floored = account.IsFloored,
            Kind = account.Kind.Code(),
            Unit = account.Unit.Code,
        };

    /// <exception cref="FormatException">A word is none of the ledger's.</exception>
    /// <exception cref="ArgumentException">The kind does not count the unit.</exception>
    public static Account Account(AccountRow row) =>
        new(
            row.RootProgrammeId,
            row.Id,
            AccountKinds.Parse(row.Kind),
            LedgerUnit.Parse(row.Unit),
            row.OwnerId,
            row.CreatedAt,
            new Counters(row.DebitsPending, row.DebitsPosted, row.CreditsPending, row.CreditsPosted, row.Version)
        );

    public static HoldRow Row(Guid root, Hold hold) =>
        new()
        {
            RootProgrammeId = root,
            Id = hold.Id,
            DebitAccountId = hold.DebitAccountId,
            CreditAccountId = hold.CreditAccountId,
            RequestId = hold.RequestId,
            Amount = hold.Amount,
            ExpiresAt = hold.ExpiresAt,
            Unit = hold.Unit.Code,
        };

    public static Hold Hold(HoldRow row) =>
        new(row.Id, row.DebitAccountId, row.CreditAccountId, LedgerUnit.Parse(row.Unit), row.Amount, row.ExpiresAt, row.RequestId);

    /// <exception cref="FormatException">A word is none of the ledger's.</exception>
    public static Transfer Transfer(TransferRow row) =>
        new(
            row.RootProgrammeId,
            row.Id,
            row.Sequence,
            TransferKinds.Parse(row.Kind),
            row.DebitAccountId,
            row.CreditAccountId,
            LedgerUnit.Parse(row.Unit),
            row.Amount,
            row.PendingId,
            row.ExpiresAt,
            row.ChainId,
            row.CorrectsId,
            row.Reason,
            row.Note,
            new TransferContext(row.RequestId, row.GrantId, row.ProgrammeId, row.ActorId, row.ClientId, row.OnBehalfOf),
            row.CreatedAt,
            new Counters(row.DebitDebitsPending, row.DebitDebitsPosted, row.DebitCreditsPending, row.DebitCreditsPosted, row.DebitVersion),
            new Counters(
                row.CreditDebitsPending,
                row.CreditDebitsPosted,
                row.CreditCreditsPending,
                row.CreditCreditsPosted,
                row.CreditVersion
            )
        );
}

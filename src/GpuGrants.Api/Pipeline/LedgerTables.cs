using GpuGrants.Api.Store;

namespace GpuGrants.Api.Pipeline;

/// <summary>Maps the ledger's own types to tables. The runtime role may update only the columns that are mutable here.</summary>
internal static class LedgerTables
{
    public static readonly RowSet<TreeChanges> Trees = new RowSet<TreeChanges>("programme_trees")
        .Key("root_programme_id", "uuid", tree => tree.RootProgrammeId)
        .Mutable("version", "bigint", tree => tree.State.Version + 1)
        .Mutable("config_version", "bigint", tree => tree.State.ConfigVersion + (tree.IsConfigChanged ? 1 : 0))
        .Mutable("transfer_sequence", "bigint", tree => tree.State.TransferSequence)
        .Mutable("event_sequence", "bigint", tree => tree.State.EventSequence)
        .Mutable("last_at", "timestamptz", tree => tree.State.At);

    public static readonly RowSet<Account> Accounts = new RowSet<Account>("accounts")
        .Key("root_programme_id", "uuid", row => row.RootProgrammeId)
        .Key("id", "uuid", row => row.Id)
        .Fixed("kind", "text", row => row.Kind.Code())
        .Fixed("unit", "text", row => row.Unit.Code)
        .Fixed("owner_id", "uuid", row => row.OwnerId)
        .Fixed("floored", "boolean", row => row.Kind.IsFloored())
        .Fixed("created_at", "timestamptz", row => row.CreatedAt)
        .Mutable("debits_pending", "bigint", row => row.Counters.DebitsPending)
        .Mutable("debits_posted", "bigint", row => row.Counters.DebitsPosted)
        .Mutable("credits_pending", "bigint", row => row.Counters.CreditsPending)
        .Mutable("credits_posted", "bigint", row => row.Counters.CreditsPosted)
        .Mutable("version", "bigint", row => row.Counters.Version);

    public static readonly RowSet<Transfer> Transfers = new RowSet<Transfer>("transfers")
        .Key("root_programme_id", "uuid", row => row.RootProgrammeId)
        .Key("id", "uuid", row => row.Id)
        .Fixed("sequence", "bigint", row => row.Sequence)
        .Fixed("kind", "text", row => row.Kind.Code())
        .Fixed("debit_account_id", "uuid", row => row.DebitAccountId)
        .Fixed("credit_account_id", "uuid", row => row.CreditAccountId)
        .Fixed("unit", "text", row => row.Unit.Code)
        .Fixed("amount", "bigint", row => row.Amount)
        .Fixed("pending_id", "uuid", row => row.PendingId)
        .Fixed("expires_at", "timestamptz", row => row.ExpiresAt)
        .Fixed("chain_id", "uuid", row => row.ChainId)
        .Fixed("corrects_id", "uuid", row => row.CorrectsId)
        .Fixed("reason", "text", row => row.Reason)
        .Fixed("note", "text", row => row.Note)
        .Fixed("request_id", "uuid", row => row.Context.RequestId)
        .Fixed("grant_id", "uuid", row => row.Context.GrantId)
        .Fixed("programme_id", "uuid", row => row.Context.ProgrammeId)
        .Fixed("actor_id", "uuid", row => row.Context.ActorId)
        .Fixed("client_id", "text", row => row.Context.ClientId)
        .Fixed("on_behalf_of", "uuid", row => row.Context.OnBehalfOf)
        .Fixed("created_at", "timestamptz", row => row.CreatedAt)
        .Fixed("debit_debits_pending", "bigint", row => row.DebitAfter.DebitsPending)
        .Fixed("debit_debits_posted", "bigint", row => row.DebitAfter.DebitsPosted)
        .Fixed("debit_credits_pending", "bigint", row => row.DebitAfter.CreditsPending)
        .Fixed("debit_credits_posted", "bigint", row => row.DebitAfter.CreditsPosted)
        .Fixed("debit_version", "bigint", row => row.DebitAfter.Version)
        .Fixed("credit_debits_pending", "bigint", row => row.CreditAfter.DebitsPending)
        .Fixed("credit_debits_posted", "bigint", row => row.CreditAfter.DebitsPosted)
        .Fixed("credit_credits_pending", "bigint", row => row.CreditAfter.CreditsPending)
        .Fixed("credit_credits_posted", "bigint", row => row.CreditAfter.CreditsPosted)
        .Fixed("credit_version", "bigint", row => row.CreditAfter.Version);

    /// <summary>Pending transfers as the holds that they open.</summary>
    public static readonly RowSet<Transfer> Holds = new RowSet<Transfer>("holds")
        .Key("root_programme_id", "uuid", row => row.RootProgrammeId)
        .Key("id", "uuid", row => row.Id)
        .Fixed("debit_account_id", "uuid", row => row.DebitAccountId)
        .Fixed("credit_account_id", "uuid", row => row.CreditAccountId)
        .Fixed("unit", "text", row => row.Unit.Code)
        .Fixed("amount", "bigint", row => row.Amount)
        .Fixed("expires_at", "timestamptz", row => row.ExpiresAt)
        .Fixed("request_id", "uuid", row => row.Context.RequestId);

    /// <summary>Posts and voids as the ends of their holds.</summary>
    public static readonly RowSet<Transfer> HoldEnds = new RowSet<Transfer>("holds")
        .Key("root_programme_id", "uuid", row => row.RootProgrammeId)
        .Key("id", "uuid", row => row.PendingId)
        .Mutable("ended_by", "uuid", row => row.Id)
        .Mutable("ended_at", "timestamptz", row => row.CreatedAt);
}

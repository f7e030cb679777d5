using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// The statements by which a batch reads accounts, holds and transfers of its trees, each for all trees at once. <c>offset 0</c>
/// keeps the planner from reading the whole of a small table to find a few rows of it.
/// </summary>
internal static class TreeReader
{
    private const string AccountsSql = """
        select a.root_programme_id, a.id, a.kind, a.unit, a.owner_id, a.created_at, a.debits_pending, a.debits_posted, a.credits_pending,
            a.credits_posted, a.version
        from unnest($1, $2) as v(root, id) cross join lateral (select * from accounts a where a.root_programme_id = v.root
            and a.id = v.id offset 0) a
        """;

    private const string HoldsSql = """
        select h.root_programme_id, h.id, h.debit_account_id, h.credit_account_id, h.unit, h.amount, h.expires_at, h.request_id,
            h.ended_by, h.ended_at
        from unnest($1, $2) as v(root, id) join holds h on h.root_programme_id = v.root and h.id = v.id
        """;

    private const string TransfersSql = """
        select t.*, coalesce((select sum(c.amount) from transfers c where c.root_programme_id = t.root_programme_id
            and c.corrects_id = t.id), 0)::bigint as corrected
        from unnest($1, $2) as v(root, id) join transfers t on t.root_programme_id = v.root and t.id = v.id
        """;

    public static NpgsqlBatchCommand Accounts(IReadOnlyList<(TreeId Tree, Guid Id)> keys) => ByIds(AccountsSql, keys);

    public static NpgsqlBatchCommand Holds(IReadOnlyList<(TreeId Tree, Guid Id)> keys) => ByIds(HoldsSql, keys);

    public static NpgsqlBatchCommand Transfers(IReadOnlyList<(TreeId Tree, Guid Id)> keys) => ByIds(TransfersSql, keys);

    public static Account Account(NpgsqlDataReader row) =>
        new(
            row.GetGuid(0),
            row.GetGuid(1),
            AccountKinds.Parse(row.GetString(2)),
            LedgerUnit.Parse(row.GetString(3)),
            row.GetGuid(4),
            row.GetFieldValue<DateTimeOffset>(5),
            new Counters(row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10))
        );

    public static Hold Hold(NpgsqlDataReader row)
    {
        var hold = new Hold(
            row.GetGuid(1),
            row.GetGuid(2),
            row.GetGuid(3),
            LedgerUnit.Parse(row.GetString(4)),
            row.GetInt64(5),
            row.GetFieldValue<DateTimeOffset>(6),
            row.IsDBNull(7) ? null : row.GetGuid(7)
        );
        return row.IsDBNull(8) ? hold : GpuGrants.Ledger.Accounts.Hold.Ended(hold, row.GetGuid(8), row.GetFieldValue<DateTimeOffset>(9));
    }

    public static Transfer Transfer(NpgsqlDataReader row)
    {
        Guid Id(string name) => row.GetGuid(row.GetOrdinal(name));
        Guid? IdOrNull(string name) => row.IsDBNull(row.GetOrdinal(name)) ? null : Id(name);
        long Number(string name) => row.GetInt64(row.GetOrdinal(name));
        string? Text(string name) => row.IsDBNull(row.GetOrdinal(name)) ? null : row.GetString(row.GetOrdinal(name));
        DateTimeOffset? Time(string name) =>
            row.IsDBNull(row.GetOrdinal(name)) ? null : row.GetFieldValue<DateTimeOffset>(row.GetOrdinal(name));
        Counters After(string side) =>
            new(
                Number(side + "_debits_pending"),
                Number(side + "_debits_posted"),
                Number(side + "_credits_pending"),
                Number(side + "_credits_posted"),
                Number(side + "_version")
            );
        return new Transfer(
            Id("root_programme_id"),
            Id("id"),
            Number("sequence"),
            TransferKinds.Parse(Text("kind")!),
            Id("debit_account_id"),
            Id("credit_account_id"),
            LedgerUnit.Parse(Text("unit")!),
            Number("amount"),
            IdOrNull("pending_id"),
            Time("expires_at"),
            IdOrNull("chain_id"),
            IdOrNull("corrects_id"),
            Text("reason")!,
            Text("note"),
            new TransferContext(
                IdOrNull("request_id"),
                IdOrNull("grant_id"),
                IdOrNull("programme_id"),
                IdOrNull("actor_id"),
                Text("client_id"),
                IdOrNull("on_behalf_of")
            ),
            Time("created_at")!.Value,
            After("debit"),
            After("credit")
        );
    }

    private static NpgsqlBatchCommand ByIds(string sql, IReadOnlyList<(TreeId Tree, Guid Id)> keys) =>
        new(sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]>
                {
                    TypedValue = [.. keys.Select(key => key.Tree.Value)],
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid,
                },
                new NpgsqlParameter<Guid[]>
                {
                    TypedValue = [.. keys.Select(key => key.Id)],
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid,
                },
            },
        };
}

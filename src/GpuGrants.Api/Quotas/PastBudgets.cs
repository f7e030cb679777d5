using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Quotas;

/// <summary>Past budgets for a simulation: whose budget each programme spends, and what came and went other than by grants.</summary>
internal static class PastBudgets
{
    private const int TimeoutSeconds = 600;

    private static readonly RowReader<Programme> Owners = RowMap.Of<Programme>().Part(row => new { row.Id, row.BudgetProgrammeId });

    private static readonly string OwnersSql =
        $"select {Owners.Columns("p")} from programmes p where $1::uuid is null or p.root_programme_id = $1";

    // What belongs to a request or a grant comes with its facts.
    private static readonly string ChangesSql = $"""
        select t.created_at, a.owner_id, case when t.credit_account_id = a.id then t.amount else -t.amount end
        from accounts a join transfers t on t.root_programme_id = a.root_programme_id and a.id in (t.debit_account_id, t.credit_account_id)
        where a.kind = {RowMap.Of<AccountRow>().Literal(
            row => row.Kind,
            AccountKind.Budget
        )} and ($1::uuid is null or a.root_programme_id = $1) and t.kind = {RowMap.Of<TransferRow>().Literal(
            row => row.Kind,
            TransferKind.Posted
        )}
            and t.request_id is null and t.grant_id is null and t.created_at < $2
        order by t.created_at, t.sequence
        """;

    /// <summary>Those of one tree, of all for the platform's, up to a moment.</summary>
    public static async Task<SimulationBudgets> ReadAsync(
        NpgsqlConnection connection,
        TreeId tree,
        DateTimeOffset until,
        CancellationToken cancellation
    )
    {
        var owners = new Dictionary<Guid, Guid>();
        await using (var reader = await OpenAsync(connection, OwnersSql, tree, null, cancellation))
            foreach (var row in await Owners.ListAsync(reader, cancellation))
                owners[row.Id] = row.BudgetProgrammeId;
        await using var changes = await OpenAsync(connection, ChangesSql, tree, until, cancellation);
        return new SimulationBudgets(
            owners,
            await changes.ListAsync(
                row => new BudgetChange(row.GetFieldValue<DateTimeOffset>(0), row.GetGuid(1), row.GetInt64(2)),
                cancellation
            )
        );
    }

    private static async Task<NpgsqlDataReader> OpenAsync(
        NpgsqlConnection connection,
        string sql,
        TreeId tree,
        DateTimeOffset? until,
        CancellationToken cancellation
    )
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = TimeoutSeconds };
        command.Parameters.Add(
            new NpgsqlParameter { Value = tree.IsPlatform ? DBNull.Value : tree.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid }
        );
        if (until is { } moment)
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = moment });
        return await command.ExecuteReaderAsync(cancellation);
    }
}

using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Ledger.Archives;

/// <summary>Recomputes the whole ledger, tree by tree, on one snapshot of the database, and what grants promise with it.</summary>
public static class LedgerVerifier
{
    /// <summary>
    /// Ends of holds that are not what the hold's row says, and pending transfers without a row. What lies before the first transfer that
    /// is there was archived.
    /// </summary>
    private static readonly string EndedHoldsSql = $"""
        with first as (select created_at from transfers where root_programme_id = $1 order by sequence limit 1)
        select h.id from holds h
        left join transfers p on p.root_programme_id = h.root_programme_id and p.id = h.id
        left join transfers e on e.root_programme_id = h.root_programme_id and e.id = h.ended_by
        where h.root_programme_id = $1 and h.ended_by is not null and (
            (e.id is null and h.ended_at >= (select created_at from first))
            or e.kind not in ({Kind(TransferKind.Post)}, {Kind(
            TransferKind.Void
        )}) or e.pending_id is distinct from h.id and e.id is not null or e.created_at <> h.ended_at
            or (p.id is null and h.expires_at >= (select created_at from first) and e.id is null)
            or p.kind <> {Kind(
            TransferKind.Pending
        )} or (p.id is not null and (p.debit_account_id, p.credit_account_id, p.unit, p.amount, p.expires_at,
                p.request_id)
                is distinct from (h.debit_account_id, h.credit_account_id, h.unit, h.amount, h.expires_at, h.request_id)))
        union all
        select p.id from transfers p
        join transfers e on e.root_programme_id = p.root_programme_id and e.pending_id = p.id
        where p.root_programme_id = $1 and p.kind = {Kind(TransferKind.Pending)} and not exists (select from holds h
            where h.root_programme_id = p.root_programme_id and h.id = p.id)
        """;

    private static readonly RowReader<Grant> Grants = RowMap
        .Of<Grant>()
        .Part(row => new
        {
            row.Id,
            row.TimeAccountId,
            row.CreditAccountId,
            row.GpuSeconds,
            row.UsedGpuSeconds,
            row.ReturnedGpuSeconds,
            row.MillicreditsPerGpuHour,
        });

    private static readonly string GrantsSql = $"""
        select {Grants.Columns("g")}, r.grant_id is not distinct from g.id or b.id is not null
        from grants g left join requests r on r.id = g.request_id and r.root_programme_id = g.root_programme_id
            left join grants b on b.root_programme_id = g.root_programme_id and b.id = g.continues_grant_id
                and b.request_id = g.request_id and b.ended_as = 'moved'
        where g.root_programme_id = $1
        """;

    private sealed record GrantRow(Guid Id, Guid TimeAccount, Int128 Left, Guid CreditAccount, long Rate, bool IsNamedByRequest);

    /// <summary>Every tree's report, in order of its id.</summary>
    /// <param name="connection">To the database.</param>
    /// <param name="archive">An export's directory that has transfers which are no longer in the database; null when all are there.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<IReadOnlyList<AuditReport>> VerifyAsync(
        NpgsqlConnection connection,
        string? archive = null,
        CancellationToken cancellation = default
    )
    {
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var unreadable = new List<Finding>();
        await using var archived = archive is null
            ? null
            : await ArchivedTransfers.OpenAsync(connection, archive, unreadable.Add, cancellation);
        var reports = new List<AuditReport>();
        foreach (var (root, last) in await LedgerRecords.TreesAsync(connection, cancellation))
            reports.Add(await VerifyAsync(connection, root, last, archived, cancellation));
        return reports.Count == 0 ? reports : [.. reports[..^1], reports[^1].With(unreadable)];
    }

    private static async Task<AuditReport> VerifyAsync(
        NpgsqlConnection connection,
        Guid root,
        long last,
        ArchivedTransfers? archived,
        CancellationToken cancellation
    )
    {
        var unreadable = new List<Finding>();
        var accounts = await LedgerRecords.ListAsync(
            LedgerRecords.AccountsAsync(connection, root, cancellation),
            one =>
                unreadable.Add(
                    new Finding(FindingCodes.AccountWrong, $"Account {one.Id} cannot be read: {one.Problem}", root, AccountId: one.Id)
                )
        );
        var blocks = await LedgerRecords.ListAsync(LedgerRecords.BlocksAsync(connection, root, cancellation), _ => { });
        using var audit = new LedgerAudit(root, last, accounts, [.. blocks.Select(block => block.ToBlock())]);
        var transfers = LedgerRecords.TransfersAsync(connection, root, cancellation);
        await foreach (var one in archived is null ? transfers : archived.MergeAsync(root, transfers))
        {
            if (one.Row is { } transfer)
                audit.Take(transfer);
            else
                audit.TakeUnreadable(one.Sequence, one.Id, one.Problem!);
        }

        var holds = await LedgerRecords.ListAsync(
            LedgerRecords.OpenHoldsAsync(connection, root, cancellation),
            one =>
                unreadable.Add(
                    new Finding(FindingCodes.HoldWrong, $"Hold {one.Id} cannot be read: {one.Problem}", root, TransferId: one.Id)
                )
        );
        var corrected = audit.EndTransfers();
        var originals = await LedgerRecords.ListAsync(LedgerRecords.OriginalsAsync(connection, root, cancellation), _ => { });
        if (archived is not null)
            originals.AddRange(await archived.WithIdsAsync([.. corrected.Except(originals.Select(one => one.Id))]));
        var report = audit.Finish(holds, originals);
        return report.With([
            .. unreadable,
            .. await EndedHoldsAsync(connection, root, report, cancellation),
            .. await GrantsAsync(connection, root, accounts, cancellation),
        ]);
    }

    private static async Task<List<Finding>> EndedHoldsAsync(
        NpgsqlConnection connection,
        Guid root,
        AuditReport report,
        CancellationToken cancellation
    )
    {
        var named = report.Findings.Select(finding => finding.TransferId).ToHashSet();
        var findings = new List<Finding>();
        await using var command = new NpgsqlCommand(EndedHoldsSql, connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = root } },
            CommandTimeout = 0,
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            if (reader.GetGuid(0) is var id && named.Add(id))
                findings.Add(
                    new Finding(
                        FindingCodes.HoldWrong,
                        $"Hold {id}: its row is not what the transfers say that made and ended it.",
                        root,
                        TransferId: id
                    )
                );
        return findings;
    }

    /// <summary>
    /// What a grant says is left has to be what its account holds, to the second. A request names its grant, so no request has two.
    /// </summary>
    private static async Task<List<Finding>> GrantsAsync(
        NpgsqlConnection connection,
        Guid root,
        List<Account> accounts,
        CancellationToken cancellation
    )
    {
        var balances = accounts.ToDictionary(
            account => account.Id,
            account => (Int128)account.Counters.CreditsPosted - account.Counters.DebitsPosted
        );
        var findings = new List<Finding>();
        await foreach (var (row, _, _, _) in LedgerRecords.ReadAsync(connection, GrantsSql, root, GrantOf, cancellation))
        {
            var (time, credits) = (balances.GetValueOrDefault(row!.TimeAccount), balances.GetValueOrDefault(row.CreditAccount));
            if (time != row.Left)
                findings.Add(
                    new Finding(
                        FindingCodes.AccountWrong,
                        $"Grant {row.Id} has {row.Left} GPU-seconds left; its account holds {time}.",
                        root,
                        AccountId: row.TimeAccount
                    )
                );
            if (credits != row.Left * row.Rate)
                findings.Add(
                    new Finding(
                        FindingCodes.AccountWrong,
                        $"Grant {row.Id} has credits that do not pay for what it has left.",
                        root,
                        AccountId: row.CreditAccount
                    )
                );
            if (!row.IsNamedByRequest)
                findings.Add(new Finding(FindingCodes.GrantWrong, $"Grant {row.Id} is not the grant that its request names.", root));
        }

        return findings;
    }

    private static GrantRow GrantOf(NpgsqlDataReader reader)
    {
        var row = Grants.Read(reader);
        var left = (Int128)row.GpuSeconds - row.UsedGpuSeconds - row.ReturnedGpuSeconds;
        return new GrantRow(
            row.Id,
            row.TimeAccountId,
            left,
            row.CreditAccountId,
            row.MillicreditsPerGpuHour,
            reader.GetBoolean(Grants.Width)
        );
    }

    private static string Kind(TransferKind kind) => RowMap.Of<TransferRow>().Literal(row => row.Kind, kind);
}

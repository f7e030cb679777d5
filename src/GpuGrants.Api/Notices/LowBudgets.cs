using System.Globalization;
using GpuGrants.Api.Json;
using GpuGrants.Api.Mail;
using GpuGrants.Notices;
using Npgsql;

namespace GpuGrants.Api.Notices;

/// <summary>
/// Tells administrators when a budget becomes low. It looks at the budgets' accounts, so spending writes nothing for it. A budget that is
/// funded again and falls again is told of again.
/// </summary>
internal sealed class LowBudgets(NpgsqlTransaction transaction, NoticeOutbox queue, DateTimeOffset now)
{
    private const string BudgetsSql = """
        select p.id, p.name, greatest(a.credits_posted - a.debits_posted - a.debits_pending, 0), coalesce(b.peak, 0), coalesce(b.level, 0)
        from programmes p
            join accounts a on a.root_programme_id = p.root_programme_id and a.kind = 'budget' and a.owner_id = p.id and a.unit = 'credit'
            left join notice_budgets b on b.programme_id = p.id
        where p.status = 'active' and p.budget_programme_id = p.id
        """;

    private const string SaveSql = """
        insert into notice_budgets (programme_id, peak, level) select * from unnest($1, $2, $3)
        on conflict (programme_id) do update set peak = excluded.peak, level = excluded.level
        """;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var budgets = await transaction.ListAsync(
            BudgetsSql,
            row => new Budget(row.GetGuid(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt32(4)),
            cancellation
        );
        var changed = budgets.Where(one => one.Level != one.ToldLevel || one.Peak != one.KnownPeak).ToList();
        if (changed.Count == 0)
            return;
        await transaction.ListAsync(
            SaveSql,
            _ => 0,
            cancellation,
            changed.Select(one => one.Id).ToArray(),
            changed.Select(one => one.Peak).ToArray(),
            changed.Select(one => one.Level).ToArray()
        );
        var low = changed.Where(one => one.Level > one.ToldLevel).ToList();
        if (low.Count == 0)
            return;
        var readers = await NearestAdministrators.OfAsync(transaction, [.. low.Select(one => one.Id)], MailKinds.LowBudget, cancellation);
        var notices = low.SelectMany(one =>
                readers[one.Id].Select(to => new Notice(to, MailKinds.LowBudget, SourceOf(one), WordsOf(one, to.Language)))
            )
            .ToList();
        await queue.PutAsync(transaction, notices, now, cancellation);
    }

    private string SourceOf(Budget one) =>
        string.Create(CultureInfo.InvariantCulture, $"budget/{one.Id}/{one.Level}/{one.Peak}/{now.ToUnixTimeMilliseconds()}");

    private static NoticeWords WordsOf(Budget one, string language)
    {
        var left = Wire.Credits(one.Available).ToString("0.##", CultureInfo.InvariantCulture);
        var percent = BudgetWarning.Percents[one.Level - 1];
        return language == "ko"
            ? new(
                "GpuGrants: 예산이 얼마 남지 않았습니다",
                $"""
                '{one.Name}' 프로그램의 예산이 {left} 크레딧 남았습니다. 가장 많았을 때의 {percent}% 이하입니다.

                예산이 없으면 신청이 거절됩니다. 충전하시려면: POST /v1/programmes/{one.Id}/fund
                """
            )
            : new(
                "GpuGrants: a budget is low",
                $"""
                The budget of the programme "{one.Name}" has {left} credits left, at most {percent} percent of its peak.

                Without a budget, requests are denied. To fund it: POST /v1/programmes/{one.Id}/fund
                """
            );
    }

    /// <summary>A programme's budget now, and what was written of it.</summary>
    private sealed record Budget(Guid Id, string Name, long Available, long KnownPeak, int ToldLevel)
    {
        public long Peak { get; } = Math.Max(KnownPeak, Available);

        public int Level => BudgetWarning.LevelOf(Available, Peak);
    }
}

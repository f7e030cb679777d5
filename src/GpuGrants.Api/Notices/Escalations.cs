using GpuGrants.Api.Mail;
using Npgsql;

namespace GpuGrants.Api.Notices;

/// <summary>Tells administrators of reviews whose expected time has passed: once of each, and of all of a round together.</summary>
internal sealed class Escalations(NpgsqlTransaction transaction, NoticeOutbox queue, DateTimeOffset now)
{
    /// <summary>Requests that one round tells of. The others follow in the next.</summary>
    private const int MaxRequests = 500;

    /// <summary>Requests that a mail names.</summary>
    private const int MaxNamed = 10;

    /// <summary>The same rule as <see cref="GpuGrants.Notices.DecisionTime"/>.</summary>
    private const string DueSql = """
        with due as (
            insert into notice_escalations (root_programme_id, request_id)
            select q.root_programme_id, q.id from requests q
            where q.status = 'in-review' and q.created_at + (q.hold_expires_at - q.created_at) / 2 <= $1 and q.hold_expires_at > $1
                and not exists (
                    select from notice_escalations n where n.root_programme_id = q.root_programme_id and n.request_id = q.id)
            order by q.hold_expires_at limit $2 returning root_programme_id, request_id
        )
        select q.id, q.programme_id, p.name from due
            join requests q on q.root_programme_id = due.root_programme_id and q.id = due.request_id
            join programmes p on p.id = q.programme_id
        order by q.id
        """;

    private const string ForgetSql = """
        delete from notice_escalations n where not exists (
            select from requests q where q.root_programme_id = n.root_programme_id and q.id = n.request_id and q.status = 'in-review')
        """;

    public async Task RunAsync(CancellationToken cancellation)
    {
        await transaction.ListAsync(ForgetSql, _ => 0, cancellation);
        var due = await transaction.ListAsync(
            DueSql,
            row => (Id: row.GetGuid(0), Programme: row.GetGuid(1), Name: row.GetString(2)),
            cancellation,
            now,
            MaxRequests
        );
        if (due.Count == 0)
            return;
        Guid[] programmes = [.. due.Select(one => one.Programme).Distinct()];
        var readers = await NearestAdministrators.OfAsync(transaction, programmes, MailKinds.Escalations, cancellation);
        var notices = due.SelectMany(one =>
                readers[one.Programme].Select(to => (To: to, Line: $"- {one.Name}: /v1/requests/{one.Id}", one.Id))
            )
            .GroupBy(one => one.To)
            .Select(group => new Notice(
                group.Key,
                MailKinds.Escalations,
                $"escalation/{group.First().Id}",
                WordsOf([.. group.Select(one => one.Line)], group.Key.Language)
            ))
            .ToList();
        await queue.PutAsync(transaction, notices, now, cancellation);
    }

    private static NoticeWords WordsOf(IReadOnlyList<string> lines, string language)
    {
        var named = string.Join('\n', lines.Take(MaxNamed));
        return language == "ko"
            ? new(
                "GpuGrants: 결정이 늦어지는 신청이 있습니다",
                $"""
                예정된 결정 시각이 지난 신청이 {lines.Count}건 있습니다. 확보된 자원의 기한이 끝나면 신청은 만료됩니다.

                {named}

                확인하시려면: GET /v1/reviews
                """
            )
            : new(
                "GpuGrants: reviews are late",
                $"""
                Requests whose expected time of decision has passed: {lines.Count}. They expire when their holds end.

                {named}

                Read them: GET /v1/reviews
                """
            );
    }
}

using System.Globalization;
using GpuGrants.Api.Json;
using GpuGrants.Api.Mail;
using GpuGrants.Notices;
using Npgsql;

namespace GpuGrants.Api.Notices;

/// <summary>
/// Tells reviewers once a day what waits for them, and operators of providers that approve grants what waits for the provider. Nobody
/// hears of requests of organizations that they belong to.
/// </summary>
internal sealed class DailyDigest(NpgsqlTransaction transaction, NoticeOutbox queue, MailOptions options, DateTimeOffset now)
{
    /// <summary>Programmes that a digest names.</summary>
    private const int MaxNamed = 20;

    private const string DueSql = "update notice_state set digest_day = $1 where id = 1 and digest_day < $1 returning id";

    /// <summary>The first day begins with the next digest: whoever turns mail on is not told at once.</summary>
    private const string BeginSql = "update notice_state set digest_day = $1 where id = 1 and digest_day is null";

    private const string WaitingSql = """
        with waiting as materialized (
            select q.programme_id, q.organization_id, case when q.provider_approval = 'waiting' then q.provider_id end as approver,
                count(*) as requests, min(q.created_at) as oldest
            from requests q where q.status = 'in-review' and q.hold_expires_at > $1 group by 1, 2, 3
        ),
        addressed as (
            select w.programme_id, w.organization_id, w.approver, w.requests, w.oldest, m.person_id, m.email, m.language, m.muted_mail
            from waiting w join programmes p on p.id = w.programme_id
                join mail_readers m on m.resource_id = any (p.path) and m.role in ('programme-reviewer', 'programme-administrator')
            union
            select w.programme_id, w.organization_id, w.approver, w.requests, w.oldest, m.person_id, m.email, m.language, m.muted_mail
            from waiting w join mail_readers m on m.resource_id = w.approver and m.role = 'provider-operator'
        ),
        readers as (
            select * from addressed m
            where not 'review-digest' = any (m.muted_mail) and not exists (
                select from role_assignments r join principals a on a.id = r.principal_id
                where a.person_id = m.person_id and r.resource_id = m.organization_id)
        )
        select r.person_id, r.email, r.language, p.name, sum(r.requests)::bigint, min(r.oldest)
        from readers r join programmes p on p.id = r.programme_id
        group by 1, 2, 3, p.id, p.name order by r.person_id, min(r.oldest)
        """;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var day = DigestDay.LatestDue(now, options.TimeZone, options.DigestHour);
        await transaction.ListAsync(BeginSql, _ => 0, cancellation, day);
        if ((await transaction.ListAsync(DueSql, row => row.GetInt32(0), cancellation, day)).Count == 0)
            return;
        var lines = await transaction.ListAsync(
            WaitingSql,
            row => (To: row.ReaderAt(0), Line: new DigestLine(row.GetString(3), row.GetInt64(4), row.GetFieldValue<DateTimeOffset>(5))),
            cancellation,
            now
        );
        var source = string.Create(CultureInfo.InvariantCulture, $"digest/{day:yyyy-MM-dd}");
        var notices = lines
            .GroupBy(one => one.To, one => one.Line)
            .Select(group => new Notice(group.Key, MailKinds.ReviewDigest, source, WordsOf([.. group], group.Key.Language)))
            .ToList();
        await queue.PutAsync(transaction, notices, now, cancellation);
    }

    private static NoticeWords WordsOf(IReadOnlyList<DigestLine> lines, string language)
    {
        var (all, oldest) = (lines.Sum(one => one.Requests), UtcMoments.Text(lines.Min(one => one.Oldest)));
        var named = string.Join('\n', lines.Take(MaxNamed).Select(one => $"- {one.Programme}: {one.Requests}"));
        return language == "ko"
            ? new(
                "GpuGrants: 심사를 기다리는 신청이 있습니다",
                $"""
                신청 {all}건이 심사를 기다리고 있습니다. 가장 오래된 신청은 {oldest}부터 기다리고 있습니다.

                {named}

                확인하시려면: GET /v1/reviews
                """
            )
            : new(
                "GpuGrants: requests wait for review",
                $"""
                Requests that wait for you: {all}. The oldest waits since {oldest}.

                {named}

                Read them: GET /v1/reviews
                """
            );
    }

    /// <summary>What waits in a programme.</summary>
    private sealed record DigestLine(string Programme, long Requests, DateTimeOffset Oldest);
}

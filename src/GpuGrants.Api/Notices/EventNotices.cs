using System.Text.Json;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Notices;

/// <summary>
/// Reads events on from a position per tree, and tells whom they are about. Numbers of a tree have no gaps and follow the order of commits,
/// so nothing is skipped.
/// </summary>
internal sealed class EventNotices(NpgsqlTransaction transaction, NoticeOutbox queue, DateTimeOffset now)
{
    /// <summary>Older events are not told: who turns mail on gets no mail of years.</summary>
    public static readonly TimeSpan Oldest = TimeSpan.FromDays(1);

    /// <summary>Numbers of a tree that one round examines.</summary>
    private const int Window = 10_000;

    /// <summary>Events of a tree that one round tells of.</summary>
    private const int MaxEvents = 200;

    private const int MaxTreesOfARound = 100;

    private const string PositionsSql = """
        select t.root_programme_id, coalesce(p.sequence, 0), t.event_sequence
        from (select $1::uuid as id union all select id from programmes where id = root_programme_id) roots
            join programme_trees t on t.root_programme_id = roots.id
            left join notice_positions p on p.tree = t.root_programme_id
        where t.event_sequence > coalesce(p.sequence, 0) limit $2
        """;

    private const string AdvanceSql = """
        insert into notice_positions (tree, sequence) select * from unnest($1, $2)
        on conflict (tree) do update set sequence = greatest(notice_positions.sequence, excluded.sequence)
        """;

    private const string SkipSql = """
        insert into notice_positions (tree, sequence)
        select tree, before from (
            select t.root_programme_id as tree, event_position(t.root_programme_id, $1) as before
            from programme_trees t left join notice_positions p on p.tree = t.root_programme_id
            where t.event_sequence > coalesce(p.sequence, 0)
        ) old where before > 0
        on conflict (tree) do update set sequence = greatest(notice_positions.sequence, excluded.sequence)
        """;

    /// <summary>
    /// What is told. Of verdicts only those by a person: a rule's is in the answer to the call. A verdict of the asker on the own increase
    /// is a rule's. Who disables an endpoint by hand knows.
    /// </summary>
    private const string HappenedSql = $"""
        select e.sequence from events e
        where e.root_programme_id = $1 and e.sequence > $2 and e.sequence <= $3 and e.occurred_at >= $4 and (
            e.type in ('request.in-review', 'request.expired', 'grant.expiring', 'grant.suspended', 'grant.resumed',
                'grant.revoked', 'grant.moved', 'grant.transferred', 'usage.reached',
                'usage.uncharged', 'quota-increase.approved', 'quota-increase.denied', 'webhook-endpoint.failing')
            or e.type = 'webhook-endpoint.disabled' and exists (
                select from webhook_endpoints w where w.id = e.resource_id::uuid and w.status = 'disabled'
                    and w.disabled_reason <> '{EndpointStatus.ByHand}')
            or e.type in ('request.approved', 'request.denied') and exists (
                select from decisions d where d.root_programme_id = e.root_programme_id and d.id = (e.data ->> 'decisionId')::uuid
                    and d.decided_by = 'person'))
        order by e.sequence limit $5
        """;

    private const string ReadersSql = """
        with happened as materialized (
            select e.sequence, e.id, e.type, e.resource_id::uuid as resource_id, e.data::text as data, e.root_programme_id, e.actor_id
            from events e where e.root_programme_id = $1 and e.sequence = any ($2)
        ),
        told as (
            select h.sequence, 'verdicts' as kind, m.person_id, m.email, m.language, m.muted_mail, g.name, q.created_at as since,
                q.hold_expires_at as until
            from happened h
                join requests q on q.root_programme_id = h.root_programme_id and q.id = h.resource_id
                join programmes g on g.id = q.programme_id
                join principals a on a.id = q.requested_by
                join mail_readers m on m.person_id = a.person_id and m.resource_id = q.organization_id
            where h.type like 'request.%'
            union
            select h.sequence, 'verdicts', m.person_id, m.email, m.language, m.muted_mail, coalesce(g.name, ''), null, null
            from happened h
                join quota_increases i on i.root_programme_id = h.root_programme_id and i.id = h.resource_id
                left join programmes g on g.id = i.programme_id
                join principals a on a.id = i.requested_by
                join mail_readers m on m.person_id = a.person_id and m.resource_id = i.organization_id
            where h.type like 'quota-increase.%' and h.actor_id <> i.requested_by
            union
            select h.sequence, case when h.type = 'grant.expiring' then 'expiries' else 'usage-warnings' end, m.person_id, m.email,
                m.language, m.muted_mail, p.name, null, g.expires_at
            from happened h
                join grants g on g.root_programme_id = h.root_programme_id and g.id = h.resource_id
                join programmes p on p.id = g.programme_id
                join requests q on q.root_programme_id = g.root_programme_id and q.id = g.request_id
                join principals a on a.id = coalesce(g.holder_id, q.requested_by)
                join mail_readers m on m.resource_id = g.organization_id
                    and (m.role = 'organization-owner' or m.person_id = a.person_id)
            where h.type like 'grant.%' or h.type like 'usage.%'
            union
            select h.sequence, 'webhooks', m.person_id, m.email, m.language, m.muted_mail, '', null, null
            from happened h
                join webhook_endpoints w on w.id = h.resource_id
                left join programmes p on w.owner_kind = 'programme' and p.id = w.owner_id
                join mail_readers m on m.resource_id = any (coalesce(p.path, array[w.owner_id])) and m.role = case w.owner_kind
                    when 'organization' then 'organization-owner' when 'programme' then 'programme-administrator'
                    when 'provider' then 'provider-operator' when 'partner' then 'partner' end
            where h.type like 'webhook-endpoint.%'
            union
            select h.sequence, 'webhooks', m.person_id, m.email, m.language, m.muted_mail, '', null, null
            from happened h
                join webhook_endpoints w on w.id = h.resource_id and w.owner_kind = 'platform'
                join mail_readers m on m.resource_id is null and m.role = 'platform-administrator'
            where h.type like 'webhook-endpoint.%'
        )
        select distinct h.id, h.type, h.resource_id, h.data, t.kind, t.person_id, t.email, t.language, t.name, t.since, t.until, h.sequence
        from told t join happened h on h.sequence = t.sequence where not t.kind = any (t.muted_mail) order by h.sequence
        """;

    /// <summary>Passes over what is too old to be told.</summary>
    public async Task SkipOldAsync(CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(SkipSql, transaction.Connection, transaction)
        {
            Parameters = { new NpgsqlParameter<DateTimeOffset> { TypedValue = now - Oldest } },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Tells of the next events of each tree.</summary>
    /// <returns>Whether there are more.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        var trees = await transaction.ListAsync(
            PositionsSql,
            row => (Tree: row.GetGuid(0), At: row.GetInt64(1), Head: row.GetInt64(2)),
            cancellation,
            TreeId.Platform.Value,
            MaxTreesOfARound
        );
        var positions = new Dictionary<Guid, long>();
        var hasMore = trees.Count == MaxTreesOfARound;
        foreach (var (tree, at, head) in trees)
        {
            positions[tree] = await TellAsync(tree, at, Math.Min(head, at + Window), cancellation);
            hasMore |= positions[tree] < head;
        }

        if (positions.Count > 0)
            await transaction.ListAsync(AdvanceSql, _ => 0, cancellation, positions.Keys.ToArray(), positions.Values.ToArray());
        return hasMore;
    }

    /// <returns>The number up to which the tree's events were told.</returns>
    private async Task<long> TellAsync(Guid tree, long after, long upTo, CancellationToken cancellation)
    {
        var happened = await transaction.ListAsync(
            HappenedSql,
            row => row.GetInt64(0),
            cancellation,
            tree,
            after,
            upTo,
            now - Oldest,
            MaxEvents
        );
        if (happened.Count == 0)
            return upTo;
        var notices = await transaction.ListAsync(ReadersSql, NoticeOf, cancellation, tree, happened.ToArray());
        await queue.PutAsync(transaction, notices, now, cancellation);
        return happened.Count == MaxEvents ? happened[^1] : upTo;
    }

    private static Notice NoticeOf(NpgsqlDataReader row)
    {
        var (id, type, resource) = (row.GetGuid(0), row.GetString(1), row.GetGuid(2));
        var fact = new NoticeFact(type, resource, JsonElement.Parse(row.GetString(3)), row.GetString(8), row.MomentAt(9), row.MomentAt(10));
        var reader = row.ReaderAt(5);
        return new Notice(reader, row.GetString(4), SourceOf(id, fact), EventLetters.Of(fact, reader.Language));
    }

    /// <summary>Use beyond a grant may be reported often. Its people hear of each step once while the mail is remembered.</summary>
    private static string SourceOf(Guid id, NoticeFact fact) =>
        fact.Type == "usage.uncharged" ? $"uncharged/{fact.ResourceId}/{fact.Data.GetProperty("step").GetString()}" : $"event/{id}";
}

/// <summary>What a notice of an event tells.</summary>
/// <param name="Type">The event's type.</param>
/// <param name="ResourceId">The resource.</param>
/// <param name="Data">The event's data.</param>
/// <param name="Programme">The programme's name; empty where there is none.</param>
/// <param name="Since">When the request was made.</param>
/// <param name="Until">When the hold ends, or the grant expires.</param>
internal sealed record NoticeFact(
    string Type,
    Guid ResourceId,
    JsonElement Data,
    string Programme,
    DateTimeOffset? Since,
    DateTimeOffset? Until
);

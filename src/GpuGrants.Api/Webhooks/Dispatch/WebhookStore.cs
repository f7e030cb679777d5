using GpuGrants.Api.Events;
using GpuGrants.Api.Store;
using GpuGrants.Feed;
using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>What dispatchers know of an endpoint. Whoever works for it holds its lease, and each write proves that.</summary>
public sealed class WebhookStore(NpgsqlDataSource database)
{
    private static readonly RowMap<WebhookEndpoint> Endpoints = RowMap.Of<WebhookEndpoint>();
    private static readonly RowMap<Event> EventMap = RowMap.Of<Event>();

    /// <summary>Resources that one run tries again, and events of each.</summary>
    private const int MaxDue = 250;

    private const int MaxDueOfOne = 256;

    private const string StartSql = """
        insert into webhook_dispatch (endpoint_id)
        select id from webhook_endpoints e where status = 'active' and not exists (select
            from webhook_dispatch d where d.endpoint_id = e.id)
        on conflict do nothing
        """;

    /// <summary>Only trees that have events, and nothing while nobody wants to be told.</summary>
    private const string TotalSql = """
        select coalesce(sum(t.event_sequence), 0)
        from (select $1::uuid as id union all select id from programmes where id = root_programme_id) roots
        join programme_trees t on t.root_programme_id = roots.id
        where exists (select from webhook_endpoints where status = 'active')
        """;

    private static readonly string ClaimSql = $"""
        with due as materialized (
            select w.endpoint_id from webhook_dispatch w join webhook_endpoints o on o.id = w.endpoint_id and o.status = 'active'
            where (w.leased_until is null or w.leased_until < $3)
                and (w.paused_until is null or w.paused_until <= $3 or w.worked_version <> o.version)
                and (w.seen_total <> $4 or w.due_at <= $3 or w.replay_from is not null)
            order by w.worked_at nulls first, w.endpoint_id limit $5 for update of w skip locked
        )
        update webhook_dispatch d set leased_by = $1, leased_until = $2, runs = d.runs + 1
        from due join webhook_endpoints e on e.id = due.endpoint_id where d.endpoint_id = due.endpoint_id
        returning {Endpoints.Columns("e")}, d.replay_from, d.failing_since, d.noticed_at, d.begun_until, d.replays,
            d.redeliveries, d.broken_since, d.broken_noticed_at, d.broken_at, d.worked_version, d.broken_run, d.runs, d.endpoint_id
        """;

    /// <summary>Of each resource the first event that waits.</summary>
    private const string HeadsSql = """
        select distinct on (resource) resource, due_at from webhook_waiting where endpoint_id = $1 and status = 'waiting'
        order by resource, tree, sequence
        """;

    private const string DueSql = $"""
        with heads as ({HeadsSql}),
        due as materialized (select resource, due_at from heads where due_at <= $2 order by due_at limit $3)
        select w.tree, w.sequence, due.resource, w.attempts, w.due_at from due cross join lateral (
            select o.tree, o.sequence, o.attempts, o.due_at from webhook_waiting o
            where o.endpoint_id = $1 and o.resource = due.resource and o.status = 'waiting' order by o.tree, o.sequence limit $4
        ) w
        order by due.due_at, due.resource, w.tree, w.sequence
        """;

    /// <summary>
    /// One statement, so that nothing is written unless lease and version are proved at the same moment.
    /// </summary>
    private const string ProveSql = """
        with proven as (
            update webhook_dispatch set leased_until = $3, failing_since = $4, noticed_at = $5,
                replay_from = case when replays <> $11 then replay_from end
            where endpoint_id = $1 and leased_by = $2
                and exists (select from webhook_endpoints where id = $1 and status = 'active' and version = $6)
            returning 1
        ),
        placed as (
            insert into webhook_positions (endpoint_id, tree, sequence, at_milliseconds, mark)
            select $1, p.* from unnest($7::uuid[], $8::bigint[], $9::bigint[], $10::bigint[]) p
            where exists (select from proven)
            on conflict (endpoint_id, tree) do update set sequence = excluded.sequence, at_milliseconds = excluded.at_milliseconds,
                mark = excluded.mark
        )
        """;

    /// <summary>
    /// What most slices do not need. Whoever asks for an event while it is sent gets it with all its attempts, whatever comes of this
    /// one. So rows stay that are not as the run read them, or that wait where the run read none. PostgreSQL asks once more when it has
    /// the lock.
    /// </summary>
    private const string MoreSql = """
        , waits as (
            insert into webhook_waiting (endpoint_id, tree, sequence, event_id, resource, attempts, due_at, status, tried_run)
            select $1, w.* from unnest($12::uuid[], $13::bigint[], $14::uuid[], $15::text[],
                $16::int[], $17::timestamptz[], $18::text[], $30::bigint[]) w
            where exists (select from proven)
            on conflict (endpoint_id, tree, sequence) do update
                set attempts = excluded.attempts, due_at = excluded.due_at, status = excluded.status,
                    tried_run = coalesce(excluded.tried_run, webhook_waiting.tried_run)
                where excluded.attempts = 0 or webhook_waiting.status = 'failed'
        ),
        retried as (
            update webhook_waiting w set attempts = r.attempts, due_at = r.due_at, status = r.status, tried_run = $31
            from unnest($19::uuid[], $20::bigint[], $21::int[], $22::timestamptz[], $23::int[], $24::timestamptz[], $25::text[])
                r (tree, sequence, read_attempts, read_due_at, attempts, due_at, status)
            where w.endpoint_id = $1 and w.tree = r.tree and w.sequence = r.sequence and w.attempts = r.read_attempts
                and w.due_at = r.read_due_at and exists (select from proven)
        ),
        done as (
            delete from webhook_waiting w using unnest($26::uuid[], $27::bigint[], $28::int[], $29::timestamptz[])
                d (tree, sequence, attempts, due_at)
            where w.endpoint_id = $1 and w.tree = d.tree and w.sequence = d.sequence and w.attempts = d.attempts
                and w.due_at = d.due_at and exists (select from proven)
        )
        """;

    private const string ProvenSql = " select exists (select from proven)";

    /// <summary>No endpoint was asked for as many replays.</summary>
    private const long NoReplay = -1;

    private const string QuickSql = ProveSql + ProvenSql;
    private const string SaveSql = ProveSql + MoreSql + ProvenSql;

    private const int ForgottenAtOnce = 10_000;

    /// <summary>Waits for no row, so that it and the work for an endpoint never wait for each other.</summary>
    private const string ForgetFailedSql = """
        delete from webhook_waiting w where ctid = any (array(
            select ctid from webhook_waiting where status = 'failed' and due_at < $1 order by due_at limit $2 for update skip locked))
        """;

    private static readonly string ForgetWaitingSql = OfDeleted("webhook_waiting");

    private static readonly string ForgetPositionsSql = OfDeleted("webhook_positions");

    /// <summary>Makes a row for each endpoint that is new, and sums the numbers of all trees.</summary>
    public async Task<decimal> TotalAsync(CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(StartSql));
        Add(batch, TotalSql, TreeId.Platform.Value);
        return (decimal)(await batch.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Claims endpoints that have something to do and that nobody works for.</summary>
    /// <returns>Them, and why rows of others could not be read. Those keep their leases, so they are read again after that time.</returns>
    internal async Task<(List<ClaimedEndpoint> Claimed, List<(Guid Endpoint, Exception Failure)> Unreadable)> ClaimAsync(
        Guid worker,
        DateTimeOffset now,
        TimeSpan lease,
        decimal total,
        int max,
        CancellationToken cancellation
    )
    {
        await using var command = Command(ClaimSql, worker, now + lease, now, total, max);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (claimed, unreadable) = (new List<ClaimedEndpoint>(), new List<(Guid, Exception)>());
        while (await reader.ReadAsync(cancellation))
            try
            {
                claimed.Add(ReadClaimed(reader, worker, total));
            }
            catch (Exception failure) when (DeliveryLog.IsForGood(failure))
            {
                unreadable.Add((reader.GetGuid(reader.FieldCount - 1), failure));
            }

        return (claimed, unreadable);
    }

    private static ClaimedEndpoint ReadClaimed(NpgsqlDataReader reader, Guid worker, decimal total)
    {
        var (at, row) = (Endpoints.Width, Endpoints.Read(reader));
        var one = new ClaimedEndpoint
        {
            Row = row,
            Worker = worker,
            Total = total,
            ReplayFrom = Moment(at),
            FailingSince = Moment(at + 1),
            NoticedAt = Moment(at + 2),
            BegunUntil = Moment(at + 3),
            Replays = reader.GetInt64(at + 4),
            Redeliveries = reader.GetInt64(at + 5),
            BrokenSince = Moment(at + 6),
            BrokenNoticedAt = Moment(at + 7),
            BrokenAt = Moment(at + 8),
            BrokenRun = reader.IsDBNull(at + 10) ? null : reader.GetInt64(at + 10),
            Run = reader.GetInt64(at + 11),
            IsChanged = !reader.IsDBNull(at + 9) && reader.GetInt64(at + 9) != row.Version,
        };
        // Its owner changed it: what failed before, perhaps at another address, counts no more.
        if (one.IsChanged)
            one.Forgive();
        return one;

        DateTimeOffset? Moment(int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<DateTimeOffset>(ordinal);
    }

    /// <summary>How far an endpoint was told of each tree, and whether events wait for their next attempt.</summary>
    internal async Task<(List<FeedPosition> Positions, bool HasWaiting)> StateAsync(Guid endpoint, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        Add(batch, "select tree, sequence, at_milliseconds, mark from webhook_positions where endpoint_id = $1", endpoint);
        Add(batch, "select exists (select from webhook_waiting where endpoint_id = $1 and status = 'waiting')", endpoint);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var positions = new List<FeedPosition>();
        while (await reader.ReadAsync(cancellation))
            positions.Add(new FeedPosition(reader.GetGuid(0), reader.GetInt64(1), reader.GetInt64(2), (uint)reader.GetInt64(3)));
        await reader.NextResultAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (positions, reader.GetBoolean(0));
    }

    /// <summary>
    /// Whether nothing is left of what there was to do when the work last broke: all that had happened lies behind the positions, and all
    /// of it that waits was tried by a later run.
    /// </summary>
    /// <param name="one">The endpoint, of which <see cref="ClaimedEndpoint.BrokenRun"/> tells which runs are later.</param>
    /// <param name="trees">Those in its sight in which the run may have left events.</param>
    /// <param name="moment">
    /// When the work broke, and as much later as clocks that numbered events may be ahead. What happened after it broke nothing, so it
    /// keeps no fault from being past.
    /// </param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task<bool> IsPastAsync(ClaimedEndpoint one, Guid[] trees, DateTimeOffset moment, CancellationToken cancellation)
    {
        // Numbers have no gaps, so the event after a position is the first that is left.
        const string Sql = """
            select not exists (
                select from unnest($2::uuid[]) t (tree)
                left join webhook_positions p on p.endpoint_id = $1 and p.tree = t.tree
                join events e on e.root_programme_id = t.tree and e.sequence = coalesce(p.sequence, 0) + 1
                where e.occurred_at <= $3
            ) and not exists (
                select from webhook_waiting w join events e on e.root_programme_id = w.tree and e.sequence = w.sequence
                where w.endpoint_id = $1 and w.status = 'waiting' and (w.tried_run is null or w.tried_run < $4) and e.occurred_at <= $3
            )
            """;
        await using var command = Command(Sql, one.Row.Id, trees, moment, one.BrokenRun ?? one.Run);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Makes all that waits due: its owner changed the endpoint, so what kept it waiting may be over.</summary>
    internal async Task HastenAsync(ClaimedEndpoint one, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        // First, as in each save: two that lock the same rows in two orders end one of them.
        Add(batch, "select from webhook_dispatch where endpoint_id = $1 for update", one.Row.Id);
        Add(
            batch,
            "update webhook_waiting set due_at = $3 where endpoint_id = $1 and status = 'waiting' and due_at > $3 "
                + "and exists (select from webhook_dispatch where endpoint_id = $1 and leased_by = $2)",
            one.Row.Id,
            one.Worker,
            now
        );
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The resources whose first waiting event is due, the longest due first, each with all its events in order.</summary>
    internal async Task<List<WaitingEvent>> DueAsync(Guid endpoint, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = Command(DueSql, endpoint, now, MaxDue, MaxDueOfOne);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var waiting = new List<WaitingEvent>();
        while (await reader.ReadAsync(cancellation))
            waiting.Add(
                new WaitingEvent(
                    reader.GetGuid(0),
                    reader.GetInt64(1),
                    reader.GetString(2),
                    reader.GetInt32(3),
                    reader.GetFieldValue<DateTimeOffset>(4)
                )
            );
        return waiting;
    }

    /// <summary>Those of some resources of which events wait.</summary>
    internal async Task<List<string>> ParkedAsync(Guid endpoint, List<string> resources, CancellationToken cancellation)
    {
        await using var command = Command(
            "select distinct resource from webhook_waiting where endpoint_id = $1 and status = 'waiting' and resource = any ($2)",
            endpoint,
            resources.ToArray()
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var parked = new List<string>();
        while (await reader.ReadAsync(cancellation))
            parked.Add(reader.GetString(0));
        return parked;
    }

    internal async Task<Event?> EventAsync(Guid tree, long sequence, CancellationToken cancellation)
    {
        await using var command = Command(
            $"select {EventMap.Columns("e")} from events e where e.root_programme_id = $1 and e.sequence = $2",
            tree,
            sequence
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? EventMap.Read(reader) : null;
    }

    /// <summary>Writes how far a slice has come and what was sent, in one transaction.</summary>
    /// <param name="one">The endpoint.</param>
    /// <param name="leasedUntil">Until when it belongs to its dispatcher.</param>
    /// <param name="progress">What changes.</param>
    /// <param name="isBegun">
    /// Whether the positions say where events are told again. Then that is over, unless somebody asked for it once more since the claim.
    /// </param>
    /// <param name="log">What was sent.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>
    /// False when another dispatcher has the lease by now, or the endpoint was changed; then only what was sent is written.
    /// </returns>
    internal async Task<bool> SaveAsync(
        ClaimedEndpoint one,
        DateTimeOffset leasedUntil,
        EndpointProgress progress,
        bool isBegun,
        IReadOnlyList<WebhookDelivery> log,
        CancellationToken cancellation
    )
    {
        await using var batch = database.CreateBatch();
        DeliveryLog.Add(batch, log);
        batch.BatchCommands.Add(Save(one, leasedUntil, progress, isBegun));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var isProven = reader.GetBoolean(0);
        // Up to the commit, so that its failure is never taken for success.
        await reader.NextResultAsync(cancellation);
        return isProven;
    }

    private static NpgsqlBatchCommand Save(ClaimedEndpoint one, DateTimeOffset leasedUntil, EndpointProgress progress, bool isBegun)
    {
        var (positions, waiting) = (progress.Positions, progress.Waiting.ToArray());
        var (retried, done) = (progress.Retried.ToArray(), progress.Done.ToArray());
        var isQuick = waiting.Length == 0 && retried.Length == 0 && done.Length == 0;
        var command = CommandOf(
            isQuick ? QuickSql : SaveSql,
            one.Row.Id,
            one.Worker,
            leasedUntil,
            one.FailingSince,
            one.NoticedAt,
            one.Row.Version,
            positions.Select(at => at.Tree).ToArray(),
            positions.Select(at => at.Sequence).ToArray(),
            positions.Select(at => at.AtMilliseconds).ToArray(),
            positions.Select(at => (long)at.Mark).ToArray(),
            isBegun ? one.Replays : NoReplay
        );
        if (!isQuick)
            foreach (
                var value in (ReadOnlySpan<object>)
                    [
                        Array.ConvertAll(waiting, one => one.Message.Tree),
                        Array.ConvertAll(waiting, one => one.Message.Sequence),
                        Array.ConvertAll(waiting, one => one.Message.EventId),
                        Array.ConvertAll(waiting, one => one.Message.Resource),
                        Array.ConvertAll(waiting, one => one.Attempts),
                        Array.ConvertAll(waiting, one => one.DueAt),
                        Array.ConvertAll(waiting, one => one.Status),
                        Array.ConvertAll(retried, one => one.Event.Tree),
                        Array.ConvertAll(retried, one => one.Event.Sequence),
                        Array.ConvertAll(retried, one => one.Event.Attempts),
                        Array.ConvertAll(retried, one => one.Event.DueAt),
                        Array.ConvertAll(retried, one => one.Next.Attempts),
                        Array.ConvertAll(retried, one => one.Next.DueAt),
                        Array.ConvertAll(retried, one => one.Next.Status),
                        Array.ConvertAll(done, one => one.Tree),
                        Array.ConvertAll(done, one => one.Sequence),
                        Array.ConvertAll(done, one => one.Attempts),
                        Array.ConvertAll(done, one => one.DueAt),
                        Array.ConvertAll(waiting, next => next.IsTried ? one.Run : (long?)null),
                        one.Run,
                    ]
            )
                command.Parameters.Add(ParameterOf(value));
        return command;
    }

    /// <summary>Keeps the lease for longer.</summary>
    /// <returns>False when another dispatcher has it by now.</returns>
    internal async Task<bool> RenewAsync(ClaimedEndpoint one, DateTimeOffset leasedUntil, CancellationToken cancellation)
    {
        await using var command = Command(
            "update webhook_dispatch set leased_until = $3 where endpoint_id = $1 and leased_by = $2",
            one.Row.Id,
            one.Worker,
            leasedUntil
        );
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>Gives the lease back.</summary>
    /// <param name="one">The endpoint.</param>
    /// <param name="isDone">Whether everything up to its total was looked at.</param>
    /// <param name="pausedUntil">
    /// Until when nobody works for it, unless somebody asked for a redelivery since the claim, or changes the endpoint; null for at once.
    /// </param>
    /// <param name="begunUntil">Until when all trees in sight have positions; null for as long as before.</param>
    /// <param name="now">When the work for it ended.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task ReleaseAsync(
        ClaimedEndpoint one,
        bool isDone,
        DateTimeOffset? pausedUntil,
        DateTimeOffset? begunUntil,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        const string Sql = $"""
            update webhook_dispatch set leased_by = null, leased_until = null, seen_total = $3, failing_since = $4, noticed_at = $5,
                broken_since = $10, broken_noticed_at = $11, broken_at = $12, broken_run = $14, worked_at = $7, worked_version = $13,
                paused_until = case when replays + redeliveries = $9 then $6 end,
                begun_until = coalesce($8, begun_until), due_at = (select min(due_at) from ({HeadsSql}) heads)
            where endpoint_id = $1 and leased_by = $2
            """;
        await using var batch = database.CreateBatch();
        // A statement of its own: what a redelivery committed while this waited for the row is seen by the next.
        Add(batch, "select from webhook_dispatch where endpoint_id = $1 for update", one.Row.Id);
        Add(
            batch,
            Sql,
            one.Row.Id,
            one.Worker,
            isDone ? one.Total : -1m,
            one.FailingSince,
            one.NoticedAt,
            pausedUntil,
            now,
            begunUntil,
            one.Replays + one.Redeliveries,
            one.BrokenSince,
            one.BrokenNoticedAt,
            one.BrokenAt,
            one.Row.Version
        );
        batch
            .BatchCommands[^1]
            .Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = one.BrokenRun ?? (object)DBNull.Value });
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Forgets events that were given up before a moment, and what deleted endpoints leave.</summary>
    /// <exception cref="AggregateException">What failed, once all was tried.</exception>
    public Task ForgetAsync(DateTimeOffset before, CancellationToken cancellation) =>
        Housekeeping.AllAsync(
            ((string[])[ForgetFailedSql, ForgetWaitingSql, ForgetPositionsSql]).Select(sql =>
                (Func<Task>)(() => database.DeleteInSlicesAsync(sql, before, ForgottenAtOnce, cancellation))
            )
        );

    /// <summary>Deletes a slice of what deleted endpoints have in a table, whose key begins with the endpoint.</summary>
    private static string OfDeleted(string table) =>
        $"""
            delete from {table} where ctid = any (array(
                select gone.place from webhook_endpoints e cross join lateral (
                    select o.ctid as place from {table} o where o.endpoint_id = e.id limit $2
                ) gone where e.status = 'deleted' and e.updated_at < $1 limit $2))
            """;

    /// <summary>
    /// Lets the next run tell again what happened since a moment. A run that goes on meanwhile ends first. An endpoint that is disabled is
    /// told once it is enabled.
    /// </summary>
    internal async Task ReplayAsync(Guid endpoint, DateTimeOffset since, CancellationToken cancellation)
    {
        const string Sql = """
            insert into webhook_dispatch (endpoint_id, replay_from, replays) values ($1, $2, 1)
            on conflict (endpoint_id) do update set replay_from = least(webhook_dispatch.replay_from, excluded.replay_from),
                replays = webhook_dispatch.replays + 1, paused_until = null
            """;
        await using var command = Command(Sql, endpoint, since);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Lets the event of a delivery be sent again now, with all its attempts.</summary>
    internal async Task AgainAsync(WebhookDelivery delivery, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        // First, as in each save: two that lock the same rows in two orders end one of them.
        Add(
            batch,
            "update webhook_dispatch set due_at = least(due_at, $2), paused_until = null, redeliveries = redeliveries + 1 "
                + "where endpoint_id = $1",
            delivery.EndpointId,
            now
        );
        Add(
            batch,
            "insert into webhook_waiting select $1, root_programme_id, sequence, id, resource_type || '/' || resource_id, 0, $4, 'waiting' "
                + "from events where root_programme_id = $2 and sequence = $3 "
                + "on conflict (endpoint_id, tree, sequence) do update set attempts = 0, due_at = excluded.due_at, status = 'waiting'",
            delivery.EndpointId,
            delivery.Tree,
            delivery.Sequence,
            now
        );
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(ParameterOf(value));
        return command;
    }

    private static void Add(NpgsqlBatch batch, string sql, params ReadOnlySpan<object?> values) =>
        batch.BatchCommands.Add(CommandOf(sql, values));

    private static NpgsqlBatchCommand CommandOf(string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(ParameterOf(value));
        return command;
    }

    /// <summary>Only moments are ever null here.</summary>
    private static NpgsqlParameter ParameterOf(object? value) =>
        value is null
            ? new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = DBNull.Value }
            : new NpgsqlParameter { Value = value };
}

using System.Security.Cryptography;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Mail;

/// <summary>Sends what waits, soon after it was put there and again when a try failed. Replicas take different mails.</summary>
public sealed partial class MailSender(
    NpgsqlDataSource database,
    Outbox outbox,
    MailTransport transport,
    DecisionPipeline pipeline,
    MailWake wake,
    TimeProvider clock,
    IOptions<MailOptions> options,
    ILogger<MailSender> logger
) : BackgroundService
{
    /// <summary>Tries of one mail. The pauses between them double, so the last comes some four hours after the first.</summary>
    public const int MaxAttempts = 10;

    private const int MailsOfARound = 50;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);

    /// <summary>Longer than a round can take, at the longest wait for the server for each mail.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(30);

    /// <summary>
    /// Codes go first, because they live for minutes. Whether a person still wants a mail is asked when it goes out.
    /// </summary>
    private static readonly string TakeSql = $"""
        with due as materialized (
            select id from mails where status = 'pending' and next_attempt_at <= $1
            order by kind <> 'code', next_attempt_at limit {MailsOfARound} for update skip locked)
        update mails m set next_attempt_at = $2 from due where m.id = due.id
        returning {RowMap.Of<MailRow>().Columns("m")}, coalesce((
            select p.status = 'active' and (m.kind = 'code' or p.mail_refused_at is null and not m.kind = any (p.muted_mail))
            from people p where p.id = m.person_id), true)
        """;

    private readonly SemaphoreSlim _sending = new(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!outbox.IsOpen || !options.Value.Sends)
            return;
        var period = TimeSpan.FromSeconds(options.Value.PeriodSeconds);
        while (!stoppingToken.IsCancellationRequested)
        {
            await Housekeeping.TryAsync(() => SendDueAsync(stoppingToken), LogUnreachable, stoppingToken);
            await WaitAsync(period, stoppingToken);
        }
    }

    /// <summary>Sends all that is due. A replica sends one mail after another: a second call waits for the first.</summary>
    /// <exception cref="Exception">The mail server or the database cannot be reached.</exception>
    public async Task SendDueAsync(CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            while (await SendRoundAsync(cancellation) == MailsOfARound)
                cancellation.ThrowIfCancellationRequested();
        }
        finally
        {
            _sending.Release();
        }
    }

    public override void Dispose()
    {
        _sending.Dispose();
        base.Dispose();
    }

    private async Task WaitAsync(TimeSpan period, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var woken = wake.WaitAsync(waiting.Token);
        var ticked = Task.Delay(period, clock, waiting.Token);
        await Task.WhenAny(woken, ticked);
        await waiting.CancelAsync();
        wake.Reset();
    }

    /// <summary>
    /// Mails are taken for a time, so that no other replica sends them too, and no transaction waits for the mail server. A replica that
    /// ends in between leaves what it had not sent to the next after that time.
    /// </summary>
    private async Task<int> SendRoundAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (wanted, unwanted) = await TakeAsync(now, cancellation);
        await DropAsync(unwanted);
        var left = wanted.ToDictionary(row => row.Id);
        if (wanted.Count == 0)
            return unwanted.Count;
        var letters = await UnsealAsync(left, now);
        var addresses = letters.ToDictionary(one => one.Id, one => one.Letter.To);
        try
        {
            await transport.SendAsync(
                letters,
                now,
                async (id, failure) =>
                {
                    if (left.Remove(id, out var row))
                        await EndAsync(row, addresses[id], failure, now);
                },
                cancellation
            );
        }
        finally
        {
            if (cancellation.IsCancellationRequested || left.Count < letters.Count)
                await GiveBackAsync(left.Values, now);
            else
                await EndAsync(left.Values, new IOException("The mail server could not be reached."), now);
        }

        return wanted.Count + unwanted.Count;
    }

    private async Task<(List<MailRow> Wanted, List<MailRow> Unwanted)> TakeAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(TakeSql);
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now + Lease });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var map = RowMap.Of<MailRow>();
        var (wanted, unwanted) = (new List<MailRow>(), new List<MailRow>());
        while (await reader.ReadAsync(cancellation))
            (reader.GetBoolean(map.Width) ? wanted : unwanted).Add(map.Read(reader));
        // The statement returns its rows in any order.
        return ([.. wanted.OrderBy(row => row.Kind != MailKinds.Code).ThenBy(row => row.Id)], unwanted);
    }

    /// <summary>
    /// Reads what was taken. A letter that cannot be read has had its try, and keeps none of the others. While the database that has the
    /// keys is away, nothing is known of any letter: none has had its try.
    /// </summary>
    /// <param name="left">The rows by id, from which it takes those that cannot be read.</param>
    /// <param name="now">When the rows were taken.</param>
    private async Task<List<(Guid Id, Letter Letter)>> UnsealAsync(Dictionary<Guid, MailRow> left, DateTimeOffset now)
    {
        var letters = new List<(Guid, Letter)>();
        foreach (var row in left.Values.ToList())
            try
            {
                letters.Add((row.Id, outbox.Unseal(row.Payload!)));
            }
            catch (Exception away) when (Transient.Is(away))
            {
                await GiveBackAsync(left.Values, now);
                throw;
            }
            catch (Exception unreadable) when (unreadable is CryptographicException or ProblemException)
            {
                left.Remove(row.Id);
                await EndAsync([row], unreadable, now);
            }

        return letters;
    }

    /// <summary>Its person left, turned it off, or has an address that takes no mail.</summary>
    private async Task DropAsync(List<MailRow> rows)
    {
        if (rows.Count == 0)
            return;
        await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(CancellationToken.None, RowMap.Of<MailRow>().Delete(rows));
    }

    /// <summary>Writes down how a try of one mail ended. An address that the server refuses for good gets no more notices.</summary>
    private async Task EndAsync(MailRow row, string address, Exception? failure, DateTimeOffset now)
    {
        if (RefusedAddress.IsOfAddress(failure) && row.PersonId is { } person)
            await pipeline.ExecuteAsync(RefusedAddress.Mark(person, address), CancellationToken.None);
        await EndAsync([row], failure, now);
    }

    /// <summary>Writes down how a try of each mail ended, at once.</summary>
    private async Task EndAsync(IReadOnlyCollection<MailRow> rows, Exception? failure, DateTimeOffset now)
    {
        if (rows.Count == 0)
            return;
        foreach (var row in rows)
            End(row, failure, now);
        await WriteAsync(rows);
    }

    /// <summary>
    /// The service stops, or the server went away after it was there. What was taken and not tried has had no try, and is due for the next.
    /// </summary>
    private async Task GiveBackAsync(IReadOnlyCollection<MailRow> rows, DateTimeOffset now)
    {
        if (rows.Count == 0)
            return;
        foreach (var row in rows)
            row.NextAttemptAt = now;
        await WriteAsync(rows);
    }

    private async Task WriteAsync(IReadOnlyCollection<MailRow> rows)
    {
        await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(CancellationToken.None, RowMap.Of<MailRow>().Update([.. rows]));
    }

    private void End(MailRow row, Exception? failure, DateTimeOffset now)
    {
        row.Attempts++;
        if (failure is null)
            (row.Status, row.Payload, row.NextAttemptAt, row.EndedAt) = (MailRow.Sent, null, null, now);
        else if (RefusedAddress.AnswerOf(failure) is { } answer)
            (row.Status, row.Payload, row.NextAttemptAt, row.EndedAt, row.Refusal) = (MailRow.Failed, null, null, now, answer);
        else if (row.Attempts < MaxAttempts)
            row.NextAttemptAt = now + (FirstPause * Math.Pow(2, row.Attempts - 1));
        else
            (row.Status, row.Payload, row.NextAttemptAt, row.EndedAt) = (MailRow.Failed, null, null, now);
        if (failure is not null)
            LogFailed(row.Id, row.Attempts, row.Status, failure.GetType().Name);
    }

    [LoggerMessage(LogLevel.Warning, "Mail {Id} could not be sent at try {Attempt}; it is {Status} now ({Failure}).")]
    private partial void LogFailed(Guid id, int attempt, string status, string failure);

    [LoggerMessage(LogLevel.Warning, "Mail cannot be sent now. The next try follows by itself.")]
    private partial void LogUnreachable(Exception failure);
}

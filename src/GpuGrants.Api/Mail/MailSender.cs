using System.Threading.Channels;
using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Mail;

/// <summary>Sends what waits, soon after it was put there and again when a try failed. Replicas take different mails.</summary>
public sealed partial class MailSender(
    NpgsqlDataSource database,
    Outbox outbox,
    MailTransport transport,
    TimeProvider clock,
    IOptions<MailOptions> options,
    ILogger<MailSender> logger
) : BackgroundService
{
    /// <summary>Tries of one mail. The pauses between them double, so the last comes some four hours after the first.</summary>
    public const int MaxAttempts = 10;

    private const int MailsOfAround = 50;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);

    private static readonly string DueSql = $"""
        select {RowMap.Of<MailRow>().Columns("m")}
        from mails m where m.status = 'pending' and m.next_attempt_at <= $1
        order by m.next_attempt_at limit {MailsOfAround} for update skip locked
        """;

    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    /// <summary>Looks for mail now rather than at the next period.</summary>
    public void Wake() => _wakes.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!outbox.IsOpen)
            return;
        var period = TimeSpan.FromSeconds(options.Value.PeriodSeconds);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SendDueAsync(stoppingToken);
            }
#pragma warning disable CA1031 // A server that cannot be reached must end neither the sending nor the service.
            catch (Exception failure)
            {
                if (!stoppingToken.IsCancellationRequested)
                    LogUnreachable(failure);
            }
#pragma warning restore CA1031
            await WaitAsync(period, stoppingToken);
        }
    }

    /// <summary>Sends all that is due.</summary>
    /// <exception cref="Exception">The mail server or the database cannot be reached.</exception>
    public async Task SendDueAsync(CancellationToken cancellation)
    {
        while (await SendRoundAsync(cancellation) == MailsOfAround)
            cancellation.ThrowIfCancellationRequested();
    }

    private async Task WaitAsync(TimeSpan period, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var woken = _wakes.Reader.WaitToReadAsync(waiting.Token).AsTask();
        var ticked = Task.Delay(period, clock, waiting.Token);
        await Task.WhenAny(woken, ticked);
        await waiting.CancelAsync();
        _wakes.Reader.TryRead(out _);
    }

    /// <summary>One transaction holds the mails while they are sent, so that no other replica sends them too.</summary>
    private async Task<int> SendRoundAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var now = clock.GetUtcNow();
        var due = await DueAsync(connection, now, cancellation);
        if (due.Count == 0)
            return 0;
        var rows = due.ToDictionary(row => row.Id);
        try
        {
            await transport.SendAsync(
                [.. due.Select(row => (row.Id, outbox.Unseal(row.Payload!)))],
                now,
                (id, failure) => EndAsync(rows[id], failure, now),
                cancellation
            );
        }
        finally
        {
            // What was sent is written down even when the server went away in between.
            foreach (var row in due.Where(row => row.Status == MailRow.Pending && row.NextAttemptAt <= now))
                await EndAsync(row, new IOException("The mail server could not be reached."), now);
            await connection.ExecuteAsync(CancellationToken.None, RowMap.Of<MailRow>().Update(due));
            await transaction.CommitAsync(CancellationToken.None);
        }

        return due.Count;
    }

    private static async Task<List<MailRow>> DueAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(DueSql, connection)
        {
            Parameters = { new NpgsqlParameter<DateTimeOffset> { TypedValue = now } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await RowMap.Of<MailRow>().ListAsync(reader, cancellation);
    }

    private Task EndAsync(MailRow row, Exception? failure, DateTimeOffset now)
    {
        row.Attempts++;
        if (failure is null)
            (row.Status, row.Payload, row.NextAttemptAt, row.EndedAt) = (MailRow.Sent, null, null, now);
        else if (row.Attempts < MaxAttempts)
            row.NextAttemptAt = now + (FirstPause * Math.Pow(2, row.Attempts - 1));
        else
            (row.Status, row.Payload, row.NextAttemptAt, row.EndedAt) = (MailRow.Failed, null, null, now);
        if (failure is not null)
            LogFailed(row.Id, row.Attempts, row.Status, failure.GetType().Name);
        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Warning, "Mail {Id} could not be sent at try {Attempt}; it is {Status} now ({Failure}).")]
    private partial void LogFailed(Guid id, int attempt, string status, string failure);

    [LoggerMessage(LogLevel.Warning, "Mail cannot be sent now. The next try follows by itself.")]
    private partial void LogUnreachable(Exception failure);
}

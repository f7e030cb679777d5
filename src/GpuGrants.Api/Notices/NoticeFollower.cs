using GpuGrants.Api.Mail;
using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Notices;

/// <summary>Does the rounds by which people are told. Replicas take turns: one at a time does a round.</summary>
public sealed partial class NoticeFollower(
    NpgsqlDataSource database,
    Outbox outbox,
    NoticeOutbox queue,
    MailWake wake,
    TimeProvider clock,
    IOptions<MailOptions> options,
    ILogger<NoticeFollower> logger
) : BackgroundService
{
    private readonly SemaphoreSlim _running = new(1);
    private bool _isBegun;

    /// <summary>Tells of all that there is to tell now. A second call waits for the first.</summary>
    /// <exception cref="Exception">The database cannot be reached.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (!outbox.IsOpen)
            return;
        await _running.WaitAsync(cancellation);
        try
        {
            while (await RoundAsync(cancellation))
                cancellation.ThrowIfCancellationRequested();
        }
        finally
        {
            _running.Release();
        }

        wake.Written();
    }

    public override void Dispose()
    {
        _running.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!outbox.IsOpen || !options.Value.Sends)
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.PeriodSeconds), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await Housekeeping.TryAsync(() => RunAsync(stoppingToken), LogFailed, stoppingToken);
    }

    /// <summary>One transaction: what it queues, and how far it read, are written together or not at all.</summary>
    /// <returns>Whether there is more to tell now.</returns>
    private async Task<bool> RoundAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await IsMineAsync(transaction, cancellation) || !await queue.HasRoomAsync(transaction, cancellation))
            return false;
        var events = new EventNotices(transaction, queue, now);
        if (!_isBegun)
            await events.SkipOldAsync(cancellation);
        var hasMore = await events.RunAsync(cancellation);
        if (!hasMore)
        {
            await new DailyDigest(transaction, queue, options.Value, now).RunAsync(cancellation);
            await new Escalations(transaction, queue, now).RunAsync(cancellation);
            await new LowBudgets(transaction, queue, now).RunAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        _isBegun = true;
        return hasMore;
    }

    /// <summary>Another replica that does a round has the row locked.</summary>
    private static async Task<bool> IsMineAsync(NpgsqlTransaction transaction, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select true from notice_state where id = 1 for update skip locked",
            transaction.Connection,
            transaction
        );
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }

    [LoggerMessage(LogLevel.Warning, "People could not be told what happened. The next round tries again.")]
    private partial void LogFailed(Exception failure);
}

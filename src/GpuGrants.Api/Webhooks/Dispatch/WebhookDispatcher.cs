using System.Collections.Concurrent;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Webhooks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>
/// Tells endpoints of events. Every replica dispatches: each claims endpoints under leases, and works for each in a task of its own, so a
/// slow endpoint delays no other.
/// </summary>
public sealed partial class WebhookDispatcher(
    WebhookTools tools,
    DecisionPipeline pipeline,
    IOptions<WebhookOptions> options,
    ILogger<WebhookDispatcher> logger
) : BackgroundService
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>By claim: after a lost lease, two runs of one endpoint may end one after the other.</summary>
    private readonly ConcurrentDictionary<(Guid Endpoint, Guid Worker), Task> _running = new();
    private readonly SemaphoreSlim _looking = new(1);
    private readonly NextTime _nextHousekeeping = new();
    private Task _housekeeping = Task.CompletedTask;

    /// <summary>Works until no endpoint has anything to do at this moment.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        for (var isIdle = false; !isIdle; )
        {
            isIdle = await LookAsync(cancellation) == 0 && _running.IsEmpty;
            await Task.WhenAll([.. _running.Values, _housekeeping]);
        }
    }

    public override void Dispose()
    {
        _looking.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.PollMilliseconds), tools.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryAsync(async () => await LookAsync(stoppingToken), stoppingToken);
        }
        finally
        {
            await Task.WhenAll([.. _running.Values, _housekeeping]);
        }
    }

    /// <summary>Claims endpoints and begins to work for them.</summary>
    /// <returns>How many were claimed.</returns>
    private async Task<int> LookAsync(CancellationToken cancellation)
    {
        await _looking.WaitAsync(cancellation);
        try
        {
            return await ClaimAsync(cancellation);
        }
        finally
        {
            _looking.Release();
        }
    }

    private async Task<int> ClaimAsync(CancellationToken cancellation)
    {
        var now = tools.Clock.GetUtcNow();
        if (_nextHousekeeping.IsDue(now) && _housekeeping.IsCompleted)
        {
            // Beside the work, whatever comes of it: nothing that is to be forgotten keeps an endpoint waiting.
            _nextHousekeeping.Set(now, Hour);
            _housekeeping = Task.Run(() => TryAsync(() => ForgetAsync(now, cancellation), cancellation), CancellationToken.None);
        }

        var free = options.Value.MaxEndpointsAtOnce - _running.Count;
        if (free <= 0)
            return 0;
        // Before the claim: what happens later is found by the next look.
        var total = await tools.Store.TotalAsync(cancellation);
        // A lease of its own for each look: a run that lost an endpoint writes nothing more, also where this replica works for it again.
        var (claimed, unreadable) = await tools.Store.ClaimAsync(Guid.NewGuid(), now, tools.Lease, total, free, cancellation);
        foreach (var (endpoint, failure) in unreadable)
            LogUnreadable(failure, endpoint);
        foreach (var one in claimed)
        {
            var task = Task.Run(() => TryAsync(() => WorkAsync(one, cancellation), cancellation), CancellationToken.None);
            _running[(one.Row.Id, one.Worker)] = task;
            _ = task.ContinueWith(
                _ => _running.TryRemove((one.Row.Id, one.Worker), out Task? _),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }

        return claimed.Count;
    }

    private Task ForgetAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var oldest = now.AddDays(-options.Value.KeepDays);
        return Housekeeping.AllAsync([
            () => tools.Store.ForgetAsync(oldest, cancellation),
            () => tools.Log.ForgetAsync(oldest, cancellation),
        ]);
    }

    private async Task WorkAsync(ClaimedEndpoint one, CancellationToken cancellation)
    {
        var work = new EndpointWork(one, tools);
        var isDone = false;
        using var mine = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var renewing = RenewAsync(one, mine);
        try
        {
            isDone = await RunAsync(one, work, mine.Token);
            await JudgeAsync(one, work, mine.Token);
        }
        catch (OperationCanceledException) when (mine.IsCancellationRequested)
        {
            // The next replica takes over at once, or has done so.
        }
        finally
        {
            await mine.CancelAsync();
            await renewing;
        }

        await TryAsync(() => work.LogAsync(CancellationToken.None), CancellationToken.None);
        // After any other failure, as when the database went away, the lease stays. So that is tried no more often than leases end.
        await tools.Store.ReleaseAsync(
            one,
            isDone,
            work.Health.PausedUntil,
            work.BegunUntil,
            tools.Clock.GetUtcNow(),
            CancellationToken.None
        );
    }

    /// <returns>Whether everything was looked at.</returns>
    private async Task<bool> RunAsync(ClaimedEndpoint one, EndpointWork work, CancellationToken cancellation)
    {
        try
        {
            var isDone = await work.RunAsync(cancellation);
            if (await work.IsPastBreakAsync(isDone, cancellation))
                one.ForgiveBroken();
            return isDone;
        }
        catch (Exception failure) when (DeliveryLog.IsForGood(failure))
        {
            // Nobody else would notice. So its owner hears of it as of a receiver that fails.
            LogBroke(failure, one.Row.Id);
            work.Health.Broke();
            return false;
        }
    }

    /// <summary>Work that takes long keeps its endpoint, however long that is. Work that lost it sends nothing more.</summary>
    private async Task RenewAsync(ClaimedEndpoint one, CancellationTokenSource work)
    {
        using var timer = new PeriodicTimer(tools.Lease / 3, tools.Clock);
        // By elapsed time: where this clock is set back, other replicas' clocks end the lease all the same.
        var renewed = tools.Clock.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(work.Token))
            {
                var began = tools.Clock.GetTimestamp();
                var isRenewed = await IsRenewedAsync(one, tools.Clock.GetUtcNow() + tools.Lease, work.Token);
                if (isRenewed is true)
                    renewed = began;
                if (isRenewed is false || tools.Clock.GetElapsedTime(renewed) >= tools.Lease)
                    await work.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The work is over.
        }
    }

    /// <summary>Whether the lease was renewed; null when the database did not answer. Then the next tick tries again.</summary>
    private async Task<bool?> IsRenewedAsync(ClaimedEndpoint one, DateTimeOffset until, CancellationToken cancellation)
    {
        try
        {
            return await tools.Store.RenewAsync(one, until, cancellation);
        }
        catch (NpgsqlException failure)
        {
            LogFailed(failure);
            return null;
        }
    }

    private async Task JudgeAsync(ClaimedEndpoint one, EndpointWork work, CancellationToken cancellation)
    {
        if (work.Health.IsGone)
        {
            await DisableAsync(one, "The receiver answered 410 Gone.", cancellation);
            return;
        }

        switch (work.Health.Judge())
        {
            case EndpointFate.Notice:
                await pipeline.ExecuteAsync(Notice(one.Row), cancellation);
                work.Health.Noticed();
                break;
            case EndpointFate.Disable:
                await DisableAsync(
                    one,
                    work.Health.IsBroken
                        ? "For five days the service could not work for it. Ask its operators, then enable it again."
                        : "It took nothing for five days.",
                    cancellation
                );
                break;
            default:
                break;
        }
    }

    private static Change<WebhookEndpoint> Notice(WebhookEndpoint row) =>
        new()
        {
            Tree = TreeId.Platform,
            Actor = Actor.Service,
            Deciding = batch =>
            {
                EndpointChanges.RecordEvent(batch, Actor.Service, row, WebhookEvents.Failing);
                return row;
            },
        };

    private async Task DisableAsync(ClaimedEndpoint one, string reason, CancellationToken cancellation)
    {
        one.Forgive();
        // Whoever changed it meanwhile, such as its address, means it to be tried.
        await pipeline.ExecuteAsync(
            EndpointChanges.Make(
                Actor.Service,
                one.Row.Id,
                new ExpectedVersions([one.Row.Version]),
                (_, row) =>
                {
                    row.Status = EndpointStatus.Disabled;
                    row.DisabledReason = reason;
                }
            ),
            cancellation
        );
    }

    /// <summary>
    /// Nothing that fails for one endpoint ends the dispatching: its lease ends by itself, and the next look tries again.
    /// </summary>
    private Task TryAsync(Func<Task> action, CancellationToken stopping) => Housekeeping.TryAsync(action, LogFailed, stopping);

    [LoggerMessage(
        LogLevel.Error,
        "The work for webhook endpoint {Endpoint} ended too early, and will again. After five days the service disables the endpoint."
    )]
    private partial void LogBroke(Exception failure, Guid endpoint);

    [LoggerMessage(LogLevel.Error, "The row of webhook endpoint {Endpoint} cannot be read. It gets nothing until the row is mended.")]
    private partial void LogUnreadable(Exception failure, Guid endpoint);

    [LoggerMessage(LogLevel.Warning, "Webhooks could not be dispatched. The next look tries again.")]
    private partial void LogFailed(Exception failure);
}

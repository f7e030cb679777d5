using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Feed;

/// <summary>
/// Looks for new events for all listeners of the process, with one statement per period however many listen. No statement runs while nobody
/// listens.
/// </summary>
public sealed partial class FeedPoller(NpgsqlDataSource database, TimeProvider clock, ILogger<FeedPoller> logger) : BackgroundService
{
    /// <summary>The most streams that one replica keeps open.</summary>
    private const int MaxListeners = 2_000;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    private const string HeadsSql = """
        select t.root_programme_id, t.event_sequence
        from (select $1::uuid as id union all select id from programmes where id = root_programme_id) roots
        join programme_trees t on t.root_programme_id = roots.id
        """;

    private const string NewSql = """
        select distinct e.organization_id, e.root_programme_id = $4 from unnest($1::uuid[], $2::bigint[],
            $3::bigint[]) w (root, after, up_to)
        join events e on e.root_programme_id = w.root and e.sequence > w.after and e.sequence <= w.up_to
        """;

    private readonly SemaphoreSlim _looking = new(1);
    private readonly SemaphoreSlim _entered = new(0);
    private Dictionary<Guid, long>? _heads;
    private int _listeners;
    private int _narrow;

    /// <summary>The latest wave. Who takes it before reading the database misses nothing.</summary>
    internal FeedWave Current { get; private set; } = FeedWave.First();

    public int Listeners => Volatile.Read(ref _listeners);

    /// <summary>Counts a listener in.</summary>
    /// <param name="isNarrow">Whether only events of some organizations concern it, so that a wave has to say whose there are.</param>
    /// <returns>False when there are too many already.</returns>
    internal bool TryEnter(bool isNarrow)
    {
        if (isNarrow)
            Interlocked.Increment(ref _narrow);
        var listeners = Interlocked.Increment(ref _listeners);
        if (listeners == 1)
            _entered.Release();
        if (listeners <= MaxListeners)
            return true;
        Leave(isNarrow);
        return false;
    }

    internal void Leave(bool isNarrow)
    {
        if (isNarrow)
            Interlocked.Decrement(ref _narrow);
        Interlocked.Decrement(ref _listeners);
    }

    /// <summary>Looks once, and wakes the listeners when something is new.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        await _looking.WaitAsync(cancellation);
        try
        {
            var heads = await HeadsAsync(cancellation);
            var changed = _heads is null ? null : heads.Where(one => _heads.GetValueOrDefault(one.Key) != one.Value).ToList();
            if (changed is not { Count: 0 })
                Current = Current.Follow(
                    changed is null || Volatile.Read(ref _narrow) == 0 ? null : await OrganizationsAsync(changed, cancellation)
                );
            _heads = heads;
        }
        finally
        {
            _looking.Release();
        }
    }

    public override void Dispose()
    {
        _looking.Dispose();
        _entered.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Nothing ticks while nobody listens.
            await _entered.WaitAsync(stoppingToken);
            await LookWhileListenedAsync(stoppingToken);
            _heads = null;
        }
    }

    private async Task LookWhileListenedAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (Listeners > 0 && await timer.WaitForNextTickAsync(stoppingToken))
            await Housekeeping.TryAsync(() => LookAsync(stoppingToken), LogFailed, stoppingToken);
    }

    private async Task<Dictionary<Guid, long>> HeadsAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(HeadsSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = TreeId.Platform.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var heads = new Dictionary<Guid, long>();
        while (await reader.ReadAsync(cancellation))
            heads[reader.GetGuid(0)] = reader.GetInt64(1);
        return heads;
    }

    /// <summary>Null when the platform's tree changed: roles and clients have events that name no organization.</summary>
    private async Task<HashSet<Guid>?> OrganizationsAsync(List<KeyValuePair<Guid, long>> changed, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(NewSql);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. changed.Select(one => one.Key)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. changed.Select(one => _heads!.GetValueOrDefault(one.Key))] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. changed.Select(one => one.Value)] });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = TreeId.Platform.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (found, isForAll) = (new HashSet<Guid>(), false);
        while (await reader.ReadAsync(cancellation))
        {
            isForAll |= reader.GetBoolean(1) && reader.IsDBNull(0);
            if (!reader.IsDBNull(0))
                found.Add(reader.GetGuid(0));
        }

        return isForAll ? null : found;
    }

    [LoggerMessage(LogLevel.Warning, "The look for new events failed. The next look tries again.")]
    private partial void LogFailed(Exception failure);
}

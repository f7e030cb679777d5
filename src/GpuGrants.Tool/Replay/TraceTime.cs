using GpuGrants.Client;

namespace GpuGrants.Tool.Replay;

/// <summary>How the trace's time relates to the service's.</summary>
public abstract class TraceTime
{
    /// <summary>When a second of the trace is on the service's clock; tasks are started in this order.</summary>
    public abstract DateTimeOffset At(long traceSecond);

    /// <summary>Called before something that is due at this moment.</summary>
    public abstract void Reach(DateTimeOffset moment);

    /// <summary>When the task that holds this grant is done.</summary>
    public abstract DateTimeOffset EndOf(TraceTask task, GrantResult grant);

    /// <summary>The usage to report now that the task is done; null when it used nothing.</summary>
    public abstract UsageReport? UsageOf(TraceTask task, GrantResult grant);

    /// <summary>The relation in a sentence, for the result.</summary>
    public abstract string Description { get; }

    protected static UsageReport? Report(TraceTask task, GrantResult grant, DateTimeOffset end) =>
        task.UsedGpus == 0 || end <= grant.StartsAt ? null : new UsageReport(Guid.NewGuid(), grant.Id, task.UsedGpus, grant.StartsAt, end);
}

/// <summary>The service's clock follows the trace: months pass in minutes, and each task uses exactly what it used.</summary>
/// <param name="clock">The service's clock, at the trace's start.</param>
public sealed class FollowingTime(SteppedClock clock) : TraceTime
{
    private readonly DateTimeOffset _start = clock.GetUtcNow();

    public override string Description =>
        "the service's clock follows the trace, so each task reports exactly the GPU-seconds that it used";

    public override DateTimeOffset At(long traceSecond) => _start.AddSeconds(traceSecond);

    public override void Reach(DateTimeOffset moment) => clock.AdvanceTo(moment);

    public override DateTimeOffset EndOf(TraceTask task, GrantResult grant) => grant.StartsAt.AddSeconds(task.DurationSeconds);

    public override UsageReport? UsageOf(TraceTask task, GrantResult grant) => Report(task, grant, EndOf(task, grant));
}

/// <summary>
/// The service's clock is a real one: a task is done at once and can have used no more than its GPUs give since the grant's start.
/// </summary>
/// <param name="clock">The machine's clock.</param>
public sealed class RealTime(TimeProvider clock) : TraceTime
{
    private readonly DateTimeOffset _start = clock.GetUtcNow();

    public override string Description =>
        "the service's clock is its own. Each task reports what it used, or what its GPUs can have given since the grant started "
        + "if that is less. Most is returned";

    public override DateTimeOffset At(long traceSecond) => _start.AddSeconds(traceSecond);

    public override void Reach(DateTimeOffset moment) { }

    public override DateTimeOffset EndOf(TraceTask task, GrantResult grant) => At(task.CreatedSecond);

    public override UsageReport? UsageOf(TraceTask task, GrantResult grant)
    {
        // The two clocks may differ a little: the service charges no time that has not passed by its own.
        var (now, end) = (clock.GetUtcNow(), grant.StartsAt.AddSeconds(task.DurationSeconds));
        return Report(task, grant, now < end ? now : end);
    }
}

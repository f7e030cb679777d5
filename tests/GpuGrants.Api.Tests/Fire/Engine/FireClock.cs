namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// A clock that runs on from the moment at which test worlds begin. A test can push it ahead or back, as an administrator or a bad time
/// server does.
/// </summary>
internal sealed class FireClock : TimeProvider
{
    private static readonly TimeSpan Offset = TestMoment.Start - System.GetUtcNow();

    private long _aheadTicks;

    /// <summary>The clock that nobody pushes.</summary>
    public static TimeProvider Right { get; } = new FireClock();

    public void Jump(TimeSpan by) => Interlocked.Add(ref _aheadTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset + TimeSpan.FromTicks(Interlocked.Read(ref _aheadTicks));
}

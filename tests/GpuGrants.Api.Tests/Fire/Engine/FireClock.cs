namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>A clock that runs on and that a test can push ahead or back, as an administrator or a bad time server does.</summary>
internal sealed class FireClock : TimeProvider
{
    private long _aheadTicks;

    public void Jump(TimeSpan by) => Interlocked.Add(ref _aheadTicks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _aheadTicks));
}

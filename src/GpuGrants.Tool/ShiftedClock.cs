using System.CommandLine;

namespace GpuGrants.Tool;

/// <summary>A clock that runs on from a given moment, to try what happens at the end of a month or a year.</summary>
public sealed class ShiftedClock(DateTimeOffset start) : TimeProvider
{
    private readonly TimeSpan _offset = start - System.GetUtcNow();

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _offset;

    internal static Option<DateTimeOffset?> Option() =>
        new("--now") { Description = "Start the service's clock at this moment, such as 2026-12-31T23:59:30Z. For trying things out." };

    internal static TimeProvider From(DateTimeOffset? start) => start is { } given ? new ShiftedClock(given) : System;
}

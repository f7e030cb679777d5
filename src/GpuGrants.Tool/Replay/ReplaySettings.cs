using GpuGrants.Client;

namespace GpuGrants.Tool.Replay;

/// <summary>What to replay, and against which service.</summary>
public sealed record ReplaySettings
{
    public const int DefaultOrganizations = 200;
    public const int DefaultConcurrency = 64;

    /// <summary>The trace's nodes, a CSV file.</summary>
    public required string Nodes { get; init; }

    /// <summary>The trace's tasks, a CSV file.</summary>
    public required string Pods { get; init; }

    /// <summary>How many organizations share the tasks.</summary>
    public int Organizations { get; init; } = DefaultOrganizations;

    /// <summary>The same seed gives each organization the same tasks.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The most tasks in flight at once.</summary>
    public int Concurrency { get; init; } = DefaultConcurrency;

    /// <summary>Whether the result's last line is one JSON object.</summary>
    public bool Json { get; init; }

    /// <summary>A service that runs already; null to start one.</summary>
    public Uri? Url { get; init; }

    /// <summary>A platform administrator's client there.</summary>
    public ClientCredentials? Administrator { get; init; }

    /// <summary>The clock of the service that runs already; a started service's trace ends on this clock's today.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

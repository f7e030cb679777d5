using System.Diagnostics;

namespace GpuGrants.Api.Pipeline.Metrics;

/// <summary>The service's own traces.</summary>
public static class Telemetry
{
    public static ActivitySource Source { get; } = new(PipelineMetrics.Name);
}

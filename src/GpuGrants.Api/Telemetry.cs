using System.Diagnostics;

namespace GpuGrants.Api;

/// <summary>The service's own traces.</summary>
public static class Telemetry
{
    public static ActivitySource Source { get; } = new(Pipeline.PipelineMetrics.Name);
}

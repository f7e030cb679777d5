using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using GpuGrants.Api.Pipeline.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.World;

/// <summary>Listens to the meters of one service alone: others run beside it.</summary>
internal sealed class Meters : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentBag<(string Instrument, double Value, string[] Tags)> _seen = [];

    public Meters(TestWorld world)
    {
        var own = world.Services.GetRequiredService<PipelineMetrics>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (own.Owns(instrument))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => See(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => See(instrument, value, tags));
        _listener.Start();
    }

    public double Sum(string instrument, string? tag = null) =>
        _seen.Where(one => one.Instrument == instrument && (tag is null || one.Tags.Contains(tag))).Sum(one => one.Value);

    public void Dispose() => _listener.Dispose();

    private void See(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var texts = new List<string>();
        foreach (var tag in tags)
            texts.Add(tag.Value?.ToString() ?? "");
        _seen.Add((instrument.Name, value, [.. texts]));
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;

namespace GpuGrants.Api.Pipeline.Metrics;

/// <summary>What an operator wants to see of decisions, under the meter <c>GpuGrants</c>.</summary>
public sealed partial class PipelineMetrics : IDisposable
{
    /// <summary>The meter's name, and that of the activity source.</summary>
    public const string Name = "GpuGrants";

    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _latency;
    private readonly Histogram<int> _batches;
    private readonly Counter<long> _queueFull;
    private readonly Counter<long> _verdicts;
    private readonly Counter<long> _breaches;
    private readonly Counter<long> _transfers;
    private readonly Counter<long> _unreadable;
    private readonly Histogram<double> _reviewAge;
    private readonly Counter<long> _foldedFacts;
    private readonly ConcurrentDictionary<(Guid PolicyId, int Version), bool> _alarmed = [];
    private readonly ILogger<PipelineMetrics> _logger;

    public PipelineMetrics(ILogger<PipelineMetrics>? logger = null)
    {
        _logger = logger ?? NullLogger<PipelineMetrics>.Instance;
        _latency = _meter.CreateHistogram<double>("gpugrants.command.duration", "s", "Time from the queue to the answer.");
        _batches = _meter.CreateHistogram<int>("gpugrants.batch.size", "{command}", "Commands that shared a transaction.");
        _queueFull = _meter.CreateCounter<long>("gpugrants.queue.refused", "{command}", "Commands refused because the queue was full.");
        _verdicts = _meter.CreateCounter<long>("gpugrants.decisions", "{decision}", "Decisions by verdict.");
        _breaches = _meter.CreateCounter<long>(
            "gpugrants.quota.breaches",
            "{evaluation}",
            "Limits that did not allow a request, by rule and outcome, including shadow rules."
        );
        _transfers = _meter.CreateCounter<long>("gpugrants.ledger.transfers", "{transfer}", "Transfers recorded.");
        _unreadable = _meter.CreateCounter<long>(
            "gpugrants.quota.unreadable_policies",
            "{decision}",
            "Decisions that went to people because a stored policy cannot be read. Alarm on any."
        );
        _foldedFacts = _meter.CreateCounter<long>(
            "gpugrants.quota.folded_facts",
            "{fact}",
            "Facts of the history that were counted for new rules: in slices beside the traffic, or while their tree was locked."
        );
        _reviewAge = _meter.CreateHistogram<double>("gpugrants.review.age", "s", "How long a request waited for a person.");
    }

    public long Start() => Stopwatch.GetTimestamp();

    public void Answered(string command, long started) =>
        _latency.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("command", command));

    public void QueueFull() => _queueFull.Add(1);

    public void Batch(int commands) => _batches.Record(commands);

    public void Verdict(string verdict) => _verdicts.Add(1, new KeyValuePair<string, object?>("verdict", verdict));

    public void Breach(string rule, string outcome) =>
        _breaches.Add(1, new KeyValuePair<string, object?>("rule", rule), new KeyValuePair<string, object?>("outcome", outcome));

    public void Transfers(int count) => _transfers.Add(count);

    /// <summary>Counts a decision that went to people because of these policies. Logs once per version what is wrong with it.</summary>
    public void UnreadablePolicies(IReadOnlyList<PublishedPolicy> policies)
    {
        _unreadable.Add(1);
        foreach (var policy in policies)
            if (_alarmed.TryAdd((policy.PolicyId, policy.Version), true))
                LogUnreadable(policy.PolicyId, policy.Version, policy.Unreadable ?? "");
    }

    /// <summary>Counts what was read of the history for new rules.</summary>
    public void FoldedFacts(int rows, bool underLock) =>
        _foldedFacts.Add(rows, new KeyValuePair<string, object?>("place", underLock ? "lock" : "slice"));

    public void Reviewed(TimeSpan age) => _reviewAge.Record(age.TotalSeconds);

    public void ObserveQueue(Func<int> waiting) =>
        _meter.CreateObservableGauge("gpugrants.queue.length", waiting, "{command}", "Commands that wait.");

    /// <summary>Whether the instrument is this service's own, where several run in one process.</summary>
    public bool Owns(Instrument instrument) => instrument.Meter == _meter;

    public void Dispose() => _meter.Dispose();

    [LoggerMessage(
        LogLevel.Critical,
        "The stored quota policy {PolicyId}, version {Version}, cannot be read, so everything in its scope goes to people "
            + "until a readable version is published: {Problem}"
    )]
    private partial void LogUnreadable(Guid policyId, int version, string problem);
}

/// <summary>The service's own traces.</summary>
public static class Telemetry
{
    public static ActivitySource Source { get; } = new(PipelineMetrics.Name);
}

using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>The pipeline's bounds. Configuration section <c>Pipeline</c>.</summary>
public sealed class PipelineOptions
{
    /// <summary>Commands that may wait in one shard; one more is answered 503.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; set; } = 4_096;

    /// <summary>The most commands that share one transaction.</summary>
    [Range(1, 4_096)]
    public int MaxBatch { get; set; } = 256;

    /// <summary>Questions, which are dry runs and choices of a programme, that are answered at the same time. Each has a connection of its
    /// own.</summary>
    [Range(1, 256)]
    public int Questions { get; set; } = 8;

    /// <summary>Questions that may wait; one more is answered 503.</summary>
    [Range(0, 1_000_000)]
    public int WaitingQuestions { get; set; } = 1_024;

    /// <summary>Facts of the history that a policy's publication reads at a time, beside the traffic.</summary>
    [Range(1, 1_000_000)]
    public int FactsPerSlice { get; set; } = 5_000;

    /// <summary>Trees are spread over this many shards, each with a queue, a worker and a connection of its own.</summary>
    [Range(1, 64)]
    public int Shards { get; set; } = 2;

    /// <summary>
    /// How long after its first failure a batch is tried again while PostgreSQL cannot be reached, before its callers get 503.
    /// </summary>
    [Range(0, 300)]
    public int RetrySeconds { get; set; } = 10;

    /// <summary>A statement that PostgreSQL has not answered by then counts as a lost connection.</summary>
    [Range(1, 300)]
    public int CommandTimeoutSeconds { get; set; } = 15;

    /// <summary>Trees of which something is kept in memory between batches.</summary>
    [Range(1, 1_000_000)]
    public int CachedTrees { get; set; } = 1_000;

    /// <summary>Accounts and counters that one tree may keep in memory between batches.</summary>
    [Range(0, 10_000_000)]
    public int CachedRowsPerTree { get; set; } = 100_000;
}

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>
/// The command was not carried out, or nobody can say yet whether it was: the queue is full, the service stops, or PostgreSQL cannot be
/// reached. Answered as 503 with <c>Retry-After</c>; the same idempotency key settles the outcome.
/// </summary>
public sealed class PipelineUnavailableException(string code, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Stable code for the problem document.</summary>
    public string Code { get; } = code;

    public TimeSpan RetryAfter { get; } = TimeSpan.FromSeconds(1);
}

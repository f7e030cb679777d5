namespace GpuGrants.Api.Http.Answering;

/// <summary>Ends a call with a problem document.</summary>
public sealed class ProblemException(ProblemDocument document, TimeSpan? retryAfter = null) : Exception(document.Detail)
{
    public ProblemDocument Document { get; } = document;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether the caller may not see what the call is about, though the status does not say so.</summary>
    public bool IsOfSight { get; init; }
}

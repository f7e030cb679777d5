namespace GpuGrants.Api.Http.Answering;

/// <summary>Ends a call with a problem document.</summary>
public sealed class ProblemException(ProblemDocument document, TimeSpan? retryAfter = null) : Exception(document.Detail)
{
    public ProblemDocument Document { get; } = document;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}

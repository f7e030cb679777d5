using System.Net;

namespace GpuGrants.Client;

/// <summary>The service refused a call.</summary>
public sealed class GpuGrantsException(HttpStatusCode status, ProblemDetails problem)
    : Exception($"{(int)status} {problem.Code}: {problem.Detail}")
{
    public HttpStatusCode Status { get; } = status;

    public ProblemDetails Problem { get; } = problem;
}

/// <summary>A problem document (RFC 9457).</summary>
public sealed record ProblemDetails
{
    /// <summary>Stable name of the rule that refused the call.</summary>
    public string? Code { get; init; }

    public string? Title { get; init; }

    public string? Detail { get; init; }

    public string? TraceId { get; init; }

    /// <summary>By the field's JSON name.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}

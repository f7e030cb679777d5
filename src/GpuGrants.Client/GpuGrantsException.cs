using System.Net;

namespace GpuGrants.Client;

/// <summary>The service refused a call.</summary>
public sealed class GpuGrantsException(HttpStatusCode status, ProblemDetails problem)
    : Exception($"{(int)status} {problem.Code}: {problem.Detail}")
{
    /// <summary>The answer's status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>What the service says is wrong, and what to do.</summary>
    public ProblemDetails Problem { get; } = problem;
}

/// <summary>A problem document (RFC 9457).</summary>
public sealed record ProblemDetails
{
    /// <summary>Stable name of the rule that refused the call.</summary>
    public string? Code { get; init; }

    /// <summary>What kind of problem it is, in words.</summary>
    public string? Title { get; init; }

    /// <summary>What is wrong in this case, and what to do.</summary>
    public string? Detail { get; init; }

    /// <summary>By which the service's logs know the call.</summary>
    public string? TraceId { get; init; }

    /// <summary>Of <c>feed-restored</c>: the cursor to go on from.</summary>
    public string? Cursor { get; init; }

    /// <summary>By the field's JSON name.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}

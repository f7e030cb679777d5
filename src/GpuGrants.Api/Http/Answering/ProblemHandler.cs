using System.Globalization;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Store;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace GpuGrants.Api.Http.Answering;

/// <summary>Turns every exception that ends a call into a problem document.</summary>
public sealed partial class ProblemHandler(IProblemDetailsService problems, ILogger<ProblemHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = 499;
            return true;
        }

        var (document, retryAfter) = Of(exception);
        if (document.Status >= 500 && exception is not (PipelineUnavailableException or ProblemException))
            LogFailure(exception, httpContext.Request.Method, httpContext.Request.Path);
        if (retryAfter is { } after)
            httpContext.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(after.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
        return await problems.TryWriteAsync(
            new ProblemDetailsContext
            {
                HttpContext = httpContext,
                Exception = exception,
                ProblemDetails = document.In(httpContext.Language()).ToDetails(),
            }
        );
    }

    private static (ProblemDocument Document, TimeSpan? RetryAfter) Of(Exception exception) =>
        exception switch
        {
            ProblemException problem => (problem.Document, problem.RetryAfter),
            PipelineUnavailableException busy => (Problem.Document(503, busy.Code, busy.Message), busy.RetryAfter),
            BadHttpRequestException { StatusCode: 413 } => (
                Problem.Document(413, "body-too-large", "The body is larger than this endpoint accepts. docs/limits.md states the limits."),
                null
            ),
            BadHttpRequestException { StatusCode: 408 } => (
                Problem.Document(408, "body-too-slow", "The body did not arrive in time. docs/limits.md states the time. Send it again."),
                null
            ),
            BadHttpRequestException bad => (
                Problem.Document(
                    bad.StatusCode,
                    "malformed",
                    "The call cannot be read: an id, a query parameter or the body has the wrong form."
                ),
                null
            ),
            // Also as the inner exception: EF wraps what its connection threw.
            not IOException when Transient.Is(exception) => (
                Problem.Document(503, "database-unavailable", "The database cannot be reached. Try again shortly."),
                TimeSpan.FromSeconds(1)
            ),
            // A chunk whose size overflows, or a caller who went away in the middle of a body.
            IOException => (Problem.Document(400, "malformed", "The body cannot be read. Send it again."), null),
            // PostgreSQL takes no NUL and no half of a surrogate pair. No rule of a field let one through, so it stood elsewhere.
            PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter } => (
                Problem.Document(400, "malformed", "The call has a character that cannot be stored."),
                null
            ),
            InvalidDataException => (Problem.Document(400, "malformed", "The form has invalid characters or is too large."), null),
            _ => (
                Problem.Document(
                    500,
                    "internal",
                    "The service failed to handle the call. Nothing changed, unless a retry with the same Idempotency-Key says "
                        + "otherwise. Report the traceId."
                ),
                null
            ),
        };

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed.")]
    private partial void LogFailure(Exception failure, string method, string path);
}

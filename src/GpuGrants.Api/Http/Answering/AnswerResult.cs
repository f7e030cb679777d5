namespace GpuGrants.Api.Http.Answering;

/// <summary>Writes what the pipeline answered.</summary>
public sealed class AnswerResult(Answer answer) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = answer.Status;
        if (answer.Location is { } location)
            response.Headers.Location = location;
        if (answer.ETag is { } etag)
            response.Headers.ETag = etag;
        if (answer.Language is { } language)
            response.Headers.ContentLanguage = language;
        if (answer.Replayed)
            response.Headers["Idempotent-Replayed"] = "true";
        if (answer.Body.IsEmpty)
            return;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, httpContext.RequestAborted);
    }
}

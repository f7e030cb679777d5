namespace GpuGrants.Api.Http.Answering;

/// <summary>Answers a read with 304 when the caller has that version already.</summary>
public static class NotModified
{
    /// <summary>The answer, or 304 in its place. The endpoint has said which version it is of.</summary>
    public static object? Of(HttpContext http, object? answer)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || http.Response.Headers.ETag is not [{ } etag])
            return answer;
        // Sentences come in the caller's language.
        http.Response.Headers.Vary = "Accept-Language";
        if (!http.HasAlready(etag))
            return answer;
        http.Response.Headers.ContentLanguage = default;
        return TypedResults.StatusCode(StatusCodes.Status304NotModified);
    }
}

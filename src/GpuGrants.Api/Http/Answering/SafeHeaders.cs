namespace GpuGrants.Api.Http.Answering;

/// <summary>Tells browsers what no answer of the service is for: to be guessed at, framed, or to run what others put into it.</summary>
public static class SafeHeaders
{
    private const string Data = "default-src 'none'; frame-ancestors 'none'";

    /// <summary>The page of the contract has scripts and styles of its own, and calls this service alone.</summary>
    private const string Page =
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
        + "frame-ancestors 'none'";

    private const string OnlyTls = "max-age=31536000";

    /// <summary>Puts the headers on every answer.</summary>
    /// <param name="app">The service.</param>
    /// <param name="publicUrl">Where callers find it. Under https, browsers are told to come back by nothing else.</param>
    public static void UseSafeHeaders(this WebApplication app, Uri publicUrl)
    {
        var isTls = publicUrl.Scheme == Uri.UriSchemeHttps;
        Func<object, Task> add = state =>
        {
            Add((HttpContext)state, isTls);
            return Task.CompletedTask;
        };
        app.Use(
            (http, next) =>
            {
                // When the answer starts, because a problem document clears headers that were set before.
                http.Response.OnStarting(add, http);
                return next(http);
            }
        );
    }

    private static void Add(HttpContext http, bool isTls)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments("/docs") ? Page : Data;
        if (isTls || http.Request.IsHttps)
            headers.StrictTransportSecurity = OnlyTls;
    }
}

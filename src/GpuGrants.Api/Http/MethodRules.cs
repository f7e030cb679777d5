using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Http;

/// <summary>What methods mean on every path.</summary>
internal static class MethodRules
{
    private const string Stream = "text/event-stream";

    /// <summary>
    /// Answers HEAD as GET without the body (RFC 9110, section 9.3.2). The server leaves the body out by the method that it read. Before
    /// the routing, which knows GET alone.
    /// </summary>
    public static void UseHead(this WebApplication app) =>
        app.Use(
            (http, next) =>
            {
                if (HttpMethods.IsHead(http.Request.Method))
                {
                    http.Request.Method = HttpMethods.Get;
                    // A stream without a body would stay open and say nothing.
                    if (http.Request.Headers.Accept.Any(type => type?.Contains(Stream, StringComparison.OrdinalIgnoreCase) == true))
                        http.Request.Headers.Accept = "application/json";
                }

                return next(http);
            }
        );

    /// <summary>Refuses other methods on paths that no route serves.</summary>
    /// <param name="app">The pipeline of these paths.</param>
    /// <param name="method">What a path takes.</param>
    public static void UseOnly(this IApplicationBuilder app, Func<PathString, string> method) =>
        app.Use(
            (http, next) =>
            {
                var only = method(http.Request.Path);
                if (HttpMethods.Equals(http.Request.Method, only))
                    return next(http);
                http.Response.OnStarting(() =>
                {
                    http.Response.Headers.Allow = only == HttpMethods.Get ? "GET, HEAD" : only;
                    return Task.CompletedTask;
                });
                throw new ProblemException(Problem.Document(405, "method-not-allowed", $"This path takes {only} alone."));
            }
        );
}

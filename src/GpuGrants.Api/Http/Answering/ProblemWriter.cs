using GpuGrants.Api.Json;
using GpuGrants.Api.Wording;
using Microsoft.AspNetCore.Mvc;

namespace GpuGrants.Api.Http.Answering;

/// <summary>
/// Writes every problem document, whoever found the problem: the service or the framework. It completes what is missing, so that each has
/// its code and trace id, and it asks for no <c>Accept</c>, because a problem is better read in an unexpected form than lost.
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (http, problem) = (context.HttpContext, context.ProblemDetails);
        problem.Status ??= http.Response.StatusCode;
        Complete(problem);
        Speak(http, problem);
        http.Response.StatusCode = problem.Status.Value;
        http.Response.ContentType = Problem.ContentType;
        // RFC 9110, section 15.5.2: a 401 always says how to authenticate. An exception has cleared what was set before.
        if (problem.Status == StatusCodes.Status401Unauthorized && http.Response.Headers.WWWAuthenticate.Count == 0)
            http.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        // Whatever answers GET answers HEAD.
        if (
            http.Response.Headers.Allow is [{ } allow]
            && allow.Contains("GET", StringComparison.Ordinal)
            && !allow.Contains("HEAD", StringComparison.Ordinal)
        )
            http.Response.Headers.Allow = allow + ", HEAD";
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.Body.WriteAsync(ApiJson.Write(problem), http.RequestAborted);
    }

    private static void Complete(ProblemDetails problem)
    {
        if (problem.Extensions.TryAdd("code", ProblemKinds.CodeOf(problem.Status!.Value)))
        {
            problem.Detail = DetailOf(problem.Status.Value);
            if (problem.Status == StatusCodes.Status415UnsupportedMediaType)
                problem.Extensions["errors"] = new Dictionary<string, string[]> { ["Content-Type"] = [problem.Detail] };
        }

        var kind = ProblemKinds.Of((string)problem.Extensions["code"]!);
        problem.Type = "/problems/" + kind.Code;
        problem.Title = kind.Title;
        problem.Extensions.TryAdd("traceId", Problem.TraceId());
    }

    /// <summary>Whatever still is English gets the caller's language.</summary>
    private static void Speak(HttpContext http, ProblemDetails problem)
    {
        var language = http.SpokenLanguage();
        problem.Detail = problem.Detail is { } detail ? Korean.In(language, detail) : null;
        if (problem.Extensions.TryGetValue("errors", out var errors))
            problem.Extensions["errors"] = Korean.In(language, errors as IReadOnlyDictionary<string, string[]>);
    }

    private static string DetailOf(int status) =>
        status switch
        {
            404 => "There is no such resource, or it is not yours to see.",
            415 => "Send Content-Type: application/json.",
            _ => "The service does not take this call. The API page at /docs shows what it takes.",
        };
}

using System.Net;
using System.Text.RegularExpressions;
using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Contract;

/// <summary>The pages that the <c>type</c> of a problem names: what the problem is, and what to do.</summary>
internal static partial class ProblemPages
{
    public static void MapProblemPages(this WebApplication app) =>
        app.MapGet("/problems/{code}", Show).AllowAnonymous().ExcludeFromDescription();

    /// <summary>A page without scripts, styles or links to elsewhere; 404 for a code that no problem has.</summary>
    private static IResult Show(HttpContext http, string code)
    {
        if (ProblemKinds.All.FirstOrDefault(one => one.Code == code) is not { } kind)
            return TypedResults.NotFound();
        http.Response.Headers.CacheControl = "public, max-age=3600";
        return TypedResults.Content(PageOf(kind), "text/html; charset=utf-8");
    }

    private static string PageOf(ProblemKind kind)
    {
        var where = kind.OfTheLedger
            ? "The ledger refuses a transfer with this code. POST /v1/transfers states it in the outcome of the transfer."
            : $"The service answers a call with status {kind.Status} and this code.";
        return $"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>{kind.Code}</title></head>
            <body>
            <h1>{WebUtility.HtmlEncode(kind.Title)}</h1>
            <p><code>{kind.Code}</code>. {where} The member <code>detail</code> of the answer says what is wrong in this case.</p>
            <h2>What to do</h2>
            <p>{CodeSpan().Replace(WebUtility.HtmlEncode(kind.Remedy), "<code>$1</code>")}</p>
            <p><a href="/docs">All operations</a></p>
            </body>
            </html>
            """;
    }

    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex CodeSpan();
}

using System.Globalization;

namespace GpuGrants.Api.Http;

/// <summary>Since when an endpoint is deprecated, and from when it answers no more.</summary>
/// <param name="Since">The moment of the deprecation; it may be ahead.</param>
/// <param name="Sunset">From when it is gone; null while that is not decided.</param>
/// <param name="Page">Says what takes its place.</param>
public sealed record DeprecatedSince(DateTimeOffset Since, DateTimeOffset? Sunset, Uri Page);

/// <summary>Tells callers in every answer that an endpoint is on its way out (RFC 9745, RFC 8594).</summary>
public static class Deprecation
{
    /// <summary>Has every answer of the endpoint say so, and the contract too.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="since">ISO 8601.</param>
    /// <param name="sunset">ISO 8601; null while that is not decided.</param>
    /// <param name="page">Says what takes its place.</param>
    public static RouteHandlerBuilder Deprecated(this RouteHandlerBuilder endpoint, string since, string? sunset, string page)
    {
        var mark = new DeprecatedSince(Moment(since), sunset is null ? null : Moment(sunset), new Uri(page));
        return endpoint
            .WithMetadata(mark)
            .AddEndpointFilter(
                async (context, next) =>
                {
                    // When the answer starts, so that refusals say it too.
                    context.HttpContext.Response.OnStarting(() => Add(context.HttpContext.Response, mark));
                    return await next(context);
                }
            );
    }

    /// <summary>Puts the headers on an answer.</summary>
    internal static Task Add(HttpResponse response, DeprecatedSince mark)
    {
        response.Headers["Deprecation"] = $"@{mark.Since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}";
        if (mark.Sunset is { } sunset)
            response.Headers["Sunset"] = sunset.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        response.Headers.Append("Link", $"<{mark.Page}>; rel=\"deprecation\"");
        return Task.CompletedTask;
    }

    private static DateTimeOffset Moment(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}

using GpuGrants.Api.Json;

namespace GpuGrants.Api.Http.Answering;

/// <summary>Answers a read.</summary>
public static class FoundExtensions
{
    /// <summary>The resource as it is now, with its version as the ETag that a change of it needs.</summary>
    /// <returns>200 with the view.</returns>
    public static IResult Found<TView>(this HttpContext http, TView view, long version)
    {
        http.Response.Headers.ETag = EntityTagExtensions.ETag(version);
        return TypedResults.Json(view, ApiJson.Options);
    }

    /// <summary>The same where the view also shows what has a version of its own.</summary>
    /// <returns>200 with the view.</returns>
    public static IResult FoundWhole<TView>(this HttpContext http, TView view, long version)
    {
        http.Response.Headers.ETag = EntityTagExtensions.ETag(version, view);
        return TypedResults.Json(view, ApiJson.Options);
    }
}

using System.Globalization;
using System.Security.Cryptography;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using Microsoft.Net.Http.Headers;

namespace GpuGrants.Api.Http.Answering;

/// <summary>Writes a version as an ETag, answers a read with it, and reads the condition of a call.</summary>
public static class EntityTagExtensions
{
    /// <summary>A resource's version as a strong ETag.</summary>
    public static string ETag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The same where an answer also shows what has a version of its own: what it shows is part of the tag.</summary>
    public static string ETag<TBody>(long version, TBody body) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"\"{version}.{Convert.ToHexStringLower(SHA256.HashData(ApiJson.Write(body)).AsSpan(0, 8))}\""
        );

    /// <summary>The resource as it is now, with its version as the ETag that a change of it needs.</summary>
    /// <returns>200 with the view.</returns>
    public static IResult Found<TView>(this HttpContext http, TView view, long version)
    {
        http.Response.Headers.ETag = ETag(version);
        return TypedResults.Json(view, ApiJson.Options);
    }

    /// <summary>The same where the view also shows what has a version of its own.</summary>
    /// <returns>200 with the view.</returns>
    public static IResult FoundWhole<TView>(this HttpContext http, TView view, long version)
    {
        http.Response.Headers.ETag = ETag(version, view);
        return TypedResults.Json(view, ApiJson.Options);
    }

    /// <summary>The versions that <c>If-Match</c> names; null when it is absent and not needed, or <c>*</c>.</summary>
    /// <exception cref="ProblemException">It is absent and needed, or has no strong ETag of ours.</exception>
    public static ExpectedVersions? IfMatch(this HttpContext http, bool required = true)
    {
        var header = http.Request.Headers.IfMatch;
        if (string.IsNullOrWhiteSpace(header.ToString()))
            return required
                ? throw Problem.Precondition("Send If-Match with the ETag that you read, so that nobody's change is lost.")
                : null;
        if (header.ToString() == "*")
            return null;
        var versions = EntityTagHeaderValue.TryParseList(header, out var tags)
            ? tags.Where(tag => !tag.IsWeak).Select(VersionOf).OfType<long>().ToList()
            : [];
        return versions.Count > 0
            ? new ExpectedVersions(versions)
            : throw new ProblemException(
                Problem.Document(
                    412,
                    "stale",
                    "The If-Match header names no version of this resource. Read it and send its ETag.",
                    "If-Match"
                )
            );
    }

    /// <summary>Whether <c>If-None-Match</c> names the ETag of the answer, compared weakly as RFC 9110, section 13.1.2 says.</summary>
    public static bool HasAlready(this HttpContext http, string etag) =>
        EntityTagHeaderValue.TryParseList(http.Request.Headers.IfNoneMatch, out var tags)
        && EntityTagHeaderValue.TryParse(etag, out var mine)
        && tags.Any(tag => tag.Tag == "*" || tag.Compare(mine, useStrongComparison: false));

    /// <summary>What stands before a point is the version; what follows tells of what else the answer shows.</summary>
    private static long? VersionOf(EntityTagHeaderValue tag) =>
        long.TryParse(tag.Tag.Value!.Trim('"').Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : null;
}

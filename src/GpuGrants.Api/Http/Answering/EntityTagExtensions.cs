using System.Globalization;
using GpuGrants.Api.Pipeline.Commands;
using Microsoft.Net.Http.Headers;

namespace GpuGrants.Api.Http.Answering;

/// <summary>Reads the condition of a call.</summary>
public static class EntityTagExtensions
{
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

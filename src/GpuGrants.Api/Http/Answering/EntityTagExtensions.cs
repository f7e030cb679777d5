using System.Globalization;

namespace GpuGrants.Api.Http.Answering;

/// <summary>Writes a version as an ETag, and reads the condition of a call.</summary>
public static class EntityTagExtensions
{
    /// <summary>A resource's version as a strong ETag.</summary>
    public static string ETag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The version that <c>If-Match</c> names; null when it is absent and not needed, or <c>*</c>.</summary>
    /// <exception cref="ProblemException">It is absent and needed, or no strong ETag of ours.</exception>
    public static long? IfMatch(this HttpContext http, bool required = true)
    {
        var value = http.Request.Headers.IfMatch.ToString();
        if (value.Length == 0)
            return required
                ? throw Problem.Precondition("Send If-Match with the ETag that you read, so that nobody's change is lost.")
                : null;
        if (value == "*")
            return null;
        return
            value.Length > 2
            && value[0] == '"'
            && value[^1] == '"'
            && long.TryParse(value[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw new ProblemException(
                Problem.Document(
                    412,
                    "stale",
                    "The If-Match header names no version of this resource. Read it and send its ETag.",
                    "If-Match"
                )
            );
    }
}

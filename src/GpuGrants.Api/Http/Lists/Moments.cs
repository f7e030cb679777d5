using System.Globalization;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;

namespace GpuGrants.Api.Http.Lists;

/// <summary>Moments in queries: ISO 8601 with Z or an offset. Anything ambiguous is refused.</summary>
internal static class Moments
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    private static readonly string[] Utc = ["yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];
    private static readonly string[] Offset = ["yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    /// <summary>A query parameter that has to be a moment, when it is there.</summary>
    /// <exception cref="ProblemException">It is no moment, or does not say its offset.</exception>
    public static DateTimeOffset? MomentFilter(this HttpContext http, string name)
    {
        var text = http.Request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        return TryParse(text, out var moment)
            ? moment
            : throw Problem.Malformed(
                name,
                "State a moment by ISO 8601 with Z or an offset, such as 2026-01-31T12:00:00Z or "
                    + "2026-01-31T21:00:00%2B09:00 (a + is written %2B in a query)."
            );
    }

    /// <summary>
    /// The period of <c>from</c> and <c>to</c>. Unless stated, it ends now, this moment included, and begins 30 days earlier.
    /// </summary>
    public static (DateTimeOffset From, DateTimeOffset To) PeriodFilter(this HttpContext http)
    {
        var to = http.MomentFilter("to") ?? http.Now().AddMicroseconds(1);
        var from = http.MomentFilter("from") ?? (to - DateTimeOffset.MinValue > Month ? to - Month : DateTimeOffset.MinValue);
        return from < to ? (from, to) : throw Problem.Malformed("from", "State a start before the end.");
    }

    public static bool TryParse(string text, out DateTimeOffset moment)
    {
        moment = default;
        if (text[^1] == 'Z')
            return DateTimeOffset.TryParseExact(
                text,
                Utc,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out moment
            );
        // The parser would also take offsets such as +9 or +0900.
        if (text.Length < 6 || text[^6] is not ('+' or '-') || text[^3] != ':')
            return false;
        return DateTimeOffset.TryParseExact(text, Offset, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out moment);
    }
}

using System.Text.RegularExpressions;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Http.Callers;

/// <summary>Reads by which names a caller will look for what came of a call. What is malformed is left out, as W3C asks.</summary>
internal static partial class CallHeaders
{
    private const int MaxName = 128;
    private const string RequestId = "X-Request-Id";

    /// <summary>The names; null where the caller sent none, which costs two look-ups.</summary>
    public static CallNames? NamesOf(HttpRequest request)
    {
        var (trace, name) = (request.Headers.TraceParent, request.Headers[RequestId]);
        if (trace.Count == 0 && name.Count == 0)
            return null;
        var traceparent = trace is [{ } text] && Traceparent().IsMatch(text) ? text : null;
        var requestName = name is [{ Length: > 0 and <= MaxName } stated] && Rules.IsPrintable(stated) ? stated : null;
        return traceparent is null && requestName is null ? null : new CallNames(traceparent, requestName);
    }

    [GeneratedRegex("^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$", RegexOptions.CultureInvariant)]
    private static partial Regex Traceparent();
}

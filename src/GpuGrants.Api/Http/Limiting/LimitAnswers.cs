using System.Globalization;
using GpuGrants.Api.Http.Answering;
using Microsoft.Extensions.Primitives;

namespace GpuGrants.Api.Http.Limiting;

/// <summary>How a limit says what is left of it, and that nothing is.</summary>
internal static class LimitAnswers
{
    /// <summary>The refusal of a window that is used up.</summary>
    /// <param name="who">Whose window, as a sentence begins.</param>
    /// <param name="calls">Calls of a window.</param>
    /// <param name="length">How long a window is.</param>
    /// <param name="ends">The time until the next window.</param>
    public static ProblemException UsedUp(string who, int calls, TimeSpan length, TimeSpan ends) =>
        new(
            Problem.Document(
                429,
                "rate-limited",
                $"{who} may make {calls} calls in {length.TotalSeconds} seconds. Wait for the seconds that Retry-After states."
            ),
            ends
        );

    /// <summary>Says in the headers what is left, beside other limits.</summary>
    public static Task Tell(HttpContext http, string name, int calls, TimeSpan length, int left, TimeSpan ends)
    {
        Add(http, "RateLimit-Policy", string.Create(CultureInfo.InvariantCulture, $"\"{name}\";q={calls};w={length.TotalSeconds}"));
        Add(http, "RateLimit", string.Create(CultureInfo.InvariantCulture, $"\"{name}\";r={left};t={Math.Ceiling(ends.TotalSeconds)}"));
        return Task.CompletedTask;
    }

    private static void Add(HttpContext http, string header, string item) =>
        http.Response.Headers[header] = StringValues.IsNullOrEmpty(http.Response.Headers[header])
            ? item
            : $"{http.Response.Headers[header]}, {item}";
}

using Microsoft.Extensions.Primitives;

namespace GpuGrants.Api.Http.Answering;

/// <summary>What a caller would rather have (RFC 7240): <c>Prefer: return=minimal</c> asks for no body after a change.</summary>
internal static class Preference
{
    public const string Applied = "Preference-Applied";

    private const string Minimal = "return=minimal";

    /// <summary>Whether the answer goes out without its body. What was made has to be readable elsewhere.</summary>
    public static bool LeavesOutBody(HttpContext http, Answer answer)
    {
        if (answer.Status is not (200 or 201) || (answer.Status == 201 && answer.Location is null))
            return false;
        return http.Request.Headers["Prefer"] is { Count: > 0 } values && Asks(values);
    }

    /// <summary>Says that the preference was followed.</summary>
    public static void SayApplied(HttpResponse response)
    {
        response.Headers[Applied] = Minimal;
        response.ContentLength = 0;
    }

    /// <summary>Of one preference that is stated twice, the first counts.</summary>
    private static bool Asks(StringValues values)
    {
        foreach (var value in values)
        foreach (var part in (value ?? "").Split(','))
        {
            var name = part.Split(';')[0].Replace(" ", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal);
            if (name.StartsWith("return=", StringComparison.OrdinalIgnoreCase))
                return name.Equals(Minimal, StringComparison.OrdinalIgnoreCase);
        }

        return false;
    }
}

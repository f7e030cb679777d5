using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Http.Callers;

/// <summary>Gives endpoints the caller and the time.</summary>
public static class CallerExtensions
{
    private const string Item = "gpugrants.caller";

    public static Caller Caller(this HttpContext http) =>
        http.CallerOrNobody()
        ?? throw new ProblemException(Problem.Document(401, "unauthenticated", "Send an access token: Authorization: Bearer …"));

    /// <summary>The caller; null for somebody without a token, whom only some endpoints let in.</summary>
    public static Caller? CallerOrNobody(this HttpContext http) => http.Items[Item] as Caller;

    public static Actor Actor(this HttpContext http) => http.Caller().Actor;

    /// <exception cref="ProblemException">The caller is no platform administrator.</exception>
    public static void RequirePlatformAdministrator(this HttpContext http)
    {
        if (!http.Caller().IsPlatformAdministrator)
            throw Problem.Forbidden("Only platform administrators may do this.");
    }

    /// <summary>The organization for which the caller asks: the named one, or the only one.</summary>
    /// <exception cref="ProblemException">The caller does not belong to it, or belongs to none or several and names none.</exception>
    public static Guid OrganizationOf(this HttpContext http, Guid? wanted)
    {
        var mine = http.Caller().Organizations.Distinct().ToList();
        if (wanted is { } named)
            return mine.Contains(named) ? named : throw Unseen("You belong to no such organization.");
        return mine switch
        {
            [var only] => only,
            [] => throw Unseen("You belong to no organization. Create one first: POST /v1/organizations."),
            _ => throw Problem.Invalid("organizationId", "You belong to several organizations. Name the one that asks."),
        };
    }

    /// <summary>The service's clock, for endpoints that say how things stand at the moment.</summary>
    public static DateTimeOffset Now(this HttpContext http) => http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();

    private static ProblemException Unseen(string message) =>
        new(Problem.Document(400, "invalid", message, "organizationId")) { IsOfSight = true };

    internal static void SetCaller(this HttpContext http, Caller caller)
    {
        if (CallHeaders.NamesOf(http.Request) is { } names)
            caller.Name(names);
        http.Items[Item] = caller;
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World;

/// <summary>The rules that tests need most, for each organization unless another level is named.</summary>
internal static partial class Scenes
{
    /// <summary>The window of a whole life.</summary>
    public static object Life => new { kind = "lifetime" };

    /// <summary>The window of each day, week or month of the calendar.</summary>
    public static object Each(string unit) => new { kind = "calendar", unit };

    public static object PerMonth(string hours, string outcome = "deny", string id = "per-month") =>
        Rule(id, "gpu-hours-granted", Each("month"), new { gpuHours = hours }, outcome);

    public static object PerRequest(string hours, string outcome = "review", string id = "per-request") =>
        Rule(id, "gpu-hours-granted", new { kind = "per-request" }, new { gpuHours = hours }, outcome);

    /// <summary>Requests above the stated hours need the approval of several people.</summary>
    /// <param name="hours">GPU-hours that need no approval.</param>
    /// <param name="count">How many people.</param>
    /// <param name="id">The rule's id.</param>
    /// <param name="tag">The rule is for requests with this tag; for all when left out.</param>
    public static object SeveralApprove(string hours, int count, string id = "several", string? tag = null)
    {
        var rule = Rule(id, "gpu-hours-granted", new { kind = "per-request" }, new { gpuHours = hours }, "review");
        rule["approvals"] = new JsonObject { ["count"] = count };
        if (tag is not null)
            rule["filter"] = new JsonObject { ["tags"] = new JsonArray(tag) };
        return rule;
    }

    public static object Lifetime(string hours, string outcome = "deny", string id = "lifetime", string level = "organization") =>
        Rule(id, "gpu-hours-granted", Life, new { gpuHours = hours }, outcome, level);

    /// <summary>GPU-hours that may be used: per day, unless another window is named.</summary>
    public static object UsedHours(string hours, object? window = null, string id = "used", string level = "organization") =>
        Rule(id, "gpu-hours-used", window ?? Each("day"), new { gpuHours = hours }, "deny", level);

    public static object RequestsPerDay(int count, string id = "cool-down") =>
        Rule(id, "requests-made", Each("day"), new { count }, "deny");

    public static object ActiveGrants(int count, string outcome = "deny", string id = "active-grants", string level = "organization") =>
        Rule(id, "active-grants", new { kind = "concurrent" }, new { count }, outcome, level);

    /// <summary>GPUs at once.</summary>
    public static object Gpus(int count) => Rule("gpus", "concurrent-gpus", new { kind = "concurrent" }, new { count }, "deny");

    /// <summary>GPU-hours per month, into which what comes back of a grant comes back too.</summary>
    public static object Refunded(string id, string measure, string hours, string outcome = "deny", string level = "organization")
    {
        var rule = Rule(id, measure, Each("month"), new { gpuHours = hours }, outcome, level);
        rule["refund"] = true;
        return rule;
    }

    /// <summary>A rule of the stated members.</summary>
    private static JsonObject Rule(string id, string measure, object window, object limit, string outcome, string level = "organization") =>
        JsonSerializer
            .SerializeToNode(
                new
                {
                    id,
                    measure,
                    subject = new { level },
                    window,
                    limit,
                    outcome,
                }
            )!
            .AsObject();
}

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>
/// Ten rules that all bear on every request of the benchmark, of as many kinds as policies really have; none is ever reached.
/// </summary>
internal static class TenRules
{
    private static readonly object Organization = new { level = "organization" };
    private static readonly object Hours = new { gpuHours = "90000000" };
    private static readonly object Credits = new { credits = "90000000" };
    private static readonly object Count = new { count = 900_000_000 };

    public static object[] All { get; } =
    [
        new
        {
            id = "per-request",
            measure = "gpu-hours-granted",
            subject = Organization,
            window = new { kind = "per-request" },
            limit = new { gpuHours = "100" },
            outcome = "review",
        },
        new
        {
            id = "per-day",
            measure = "gpu-hours-granted",
            subject = Organization,
            window = new { kind = "calendar", unit = "day" },
            limit = Hours,
            outcome = "deny",
        },
        new
        {
            id = "per-month",
            measure = "gpu-hours-granted",
            subject = Organization,
            window = new { kind = "calendar", unit = "month" },
            limit = Hours,
            outcome = "deny",
        },
        new
        {
            id = "lifetime",
            measure = "gpu-hours-granted",
            subject = Organization,
            window = new { kind = "lifetime" },
            limit = Hours,
            outcome = "review",
        },
        new
        {
            id = "rolling-week",
            measure = "gpu-hours-granted",
            subject = Organization,
            window = new
            {
                kind = "rolling",
                duration = "P7D",
                resolution = "PT6H",
            },
            limit = Hours,
            outcome = "deny",
        },
        new
        {
            id = "active-grants",
            measure = "active-grants",
            subject = Organization,
            window = new { kind = "concurrent" },
            limit = Count,
            outcome = "deny",
        },
        new
        {
            id = "gpus",
            measure = "concurrent-gpus",
            subject = Organization,
            window = new { kind = "concurrent" },
            limit = Count,
            outcome = "deny",
        },
        new
        {
            id = "requests-a-day",
            measure = "requests-made",
            subject = Organization,
            window = new { kind = "calendar", unit = "day" },
            limit = Count,
            outcome = "deny",
        },
        new
        {
            id = "programme-credits",
            measure = "credits-granted",
            subject = new { level = "programme" },
            window = new { kind = "calendar", unit = "quarter" },
            limit = Credits,
            outcome = "deny",
        },
        new
        {
            id = "all-startups",
            measure = "gpu-hours-granted",
            subject = new
            {
                level = "organization-kind",
                kinds = (string[])["startup"],
                grouping = "group",
            },
            window = new { kind = "calendar", unit = "year" },
            limit = Hours,
            outcome = "deny",
        },
    ];
}

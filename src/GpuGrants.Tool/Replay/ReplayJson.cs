using System.Text.Json;

namespace GpuGrants.Tool.Replay;

/// <summary>A result as one line of JSON, for programs. GPU-hours are exact quotients; GPU-seconds are what is compared.</summary>
internal static class ReplayJson
{
    public static string Write(ReplayResult result) =>
        JsonSerializer.Serialize(
            new
            {
                right = result.IsRight,
                tasks = result.Trace.Tasks.Count,
                nodes = result.Trace.Nodes.Count,
                traceSeconds = result.Trace.DurationSeconds,
                organizations = result.Settings.Organizations,
                seed = result.Settings.Seed,
                spread = result.Spread,
                time = result.Time,
                rules = StageBuilder.Rules,
                concurrency = result.Settings.Concurrency,
                peakInFlight = result.PeakInFlight,
                tookSeconds = Math.Round(result.Took.TotalSeconds, 3),
                utilisation = Math.Round(result.Summary.Utilisation, 6),
                decidedByRules = Math.Round(result.Summary.DecidedByRules, 6),
                quotesAsked = result.Tally.QuotesAsked,
                quotesUsed = result.Tally.QuotesUsed,
                fairness = Math.Round(result.Summary.Fairness, 6),
                models = result.Tally.Models.Select(model => Model(model, result.Ledger.GetValueOrDefault(model.Model))),
                checks = result.Checks.Select(check => new
                {
                    gpuModel = check.Model,
                    check = check.Name,
                    leftGpuSeconds = check.Left,
                    rightGpuSeconds = check.Right,
                    holds = check.Holds,
                }),
                failures = result.Tally.FailureCount,
                firstFailures = result.Tally.Failures,
            },
            JsonSerializerOptions.Web
        );

    private static object Model(ModelTally model, LedgerReading? ledger) =>
        new
        {
            gpuModel = model.Model,
            asked = Amount(model.Asked),
            grantedAtOnce = Amount(model.GrantedAtOnce),
            referredToReview = Amount(model.Referred),
            approvedAfterReview = Amount(model.Approved),
            denied = Amount(model.AllDenied),
            deniedBy = model.Denied.ToDictionary(pair => pair.Key, pair => Amount(pair.Value)),
            granted = Amount(model.Granted),
            used = Amount(model.Used),
            returned = Amount(model.Returned),
            stillHeldGpuSeconds = model.HeldGpuSeconds,
            ledger = ledger is null
                ? null
                : new
                {
                    grantedGpuSeconds = ledger.Granted,
                    usedGpuSeconds = ledger.Used,
                    returnedGpuSeconds = ledger.Returned,
                    stillHeldGpuSeconds = ledger.Held,
                    capacityLeftGpuSeconds = ledger.CapacityLeft,
                },
        };

    private static object Amount(Sum sum) =>
        new
        {
            count = sum.Count,
            gpuSeconds = sum.GpuSeconds,
            gpuHours = sum.GpuHours,
        };
}

using System.Text.Json;
using System.Text.Json.Serialization;
using FluentValidation;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Quotas.Simulations;

/// <summary>Which policy text to try on which period.</summary>
public sealed record SimulateBody
{
    /// <summary>The period's beginning.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The period's end, which no longer belongs to it; now when left out.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>A document to try. Left out, the stored version that is named, else the stored draft.</summary>
    public JsonElement? Document { get; init; }

    /// <summary>The number of a stored version to try.</summary>
    public int? Version { get; init; }
}

/// <summary>What a simulation needs.</summary>
internal sealed class SimulateBodyValidator : AbstractValidator<SimulateBody>
{
    internal const string FromRule = "State the period's beginning, at most ten years back.";

    public SimulateBodyValidator() => RuleFor(body => body.From).NotNull().WithMessage(FromRule);
}

/// <summary>How far a simulation is.</summary>
public sealed record SimulationView
{
    public required Guid Id { get; init; }

    public required Guid PolicyId { get; init; }

    /// <summary>The stored version that is tried; left out for a document that came with the call.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TriedVersion { get; init; }

    /// <summary>The period's beginning.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The period's end, which no longer belongs to it.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>waiting, running, done or failed.</summary>
    public required string Status { get; init; }

    /// <summary>Facts of the past gone through so far.</summary>
    public required long Processed { get; init; }

    /// <summary>Facts of the past to go through; left out until it runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Total { get; init; }

    /// <summary>Why it failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was done or failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? FinishedAt { get; init; }

    public static SimulationView Of(QuotaSimulationRow row) =>
        new()
        {
            Id = row.Id,
            PolicyId = row.PolicyId,
            TriedVersion = row.VersionNumber,
            From = row.FromAt,
            To = row.ToAt,
            Status = row.Status,
            Processed = row.ProcessedFacts,
            Total = row.TotalFacts,
            Error = row.Error,
            CreatedAt = row.CreatedAt,
            FinishedAt = row.FinishedAt,
        };
}

/// <summary>What a policy would have done, next to what happened.</summary>
public sealed record SimulationResult
{
    /// <summary>Requests of the period.</summary>
    public required int Requests { get; init; }

    /// <summary>What happened.</summary>
    public required SimulationSideView Happened { get; init; }

    /// <summary>What would have happened.</summary>
    public required SimulationSideView Simulated { get; init; }

    /// <summary>Requests whose verdict would have been another.</summary>
    public required int Flips { get; init; }

    /// <summary>The first of them, up to the configured number.</summary>
    public required IReadOnlyList<SimulationFlipView> FlippedRequests { get; init; }
}

/// <summary>What was granted in the period.</summary>
public sealed record SimulationSideView
{
    /// <summary>Requests approved by rule.</summary>
    public required int Approved { get; init; }

    /// <summary>Requests referred to people.</summary>
    public required int InReview { get; init; }

    /// <summary>Requests denied by rule.</summary>
    public required int Denied { get; init; }

    /// <summary>GPU-hours granted, by kind of organization.</summary>
    public required IReadOnlyDictionary<string, decimal> GpuHoursByKind { get; init; }

    /// <summary>Credits granted, by day of UTC: the budget spent over time.</summary>
    public required IReadOnlyList<SpentOnDay> CreditsByDay { get; init; }

    /// <summary>
    /// Jain's index over the organizations that asked: 1 when all were granted the same, 1/n when one of n got everything.
    /// </summary>
    public required decimal Fairness { get; init; }

    public static SimulationSideView Of(SimulationSide side)
    {
        var days = new List<SpentOnDay>();
        long total = 0;
        foreach (var (day, units) in side.CreditsByDay)
            days.Add(
                new SpentOnDay
                {
                    Day = day,
                    Credits = Wire.Credits(units),
                    TotalCredits = Wire.Credits(total += units),
                }
            );
        return new SimulationSideView
        {
            Approved = side.Approved,
            InReview = side.Reviewed,
            Denied = side.Denied,
            GpuHoursByKind = side
                .SecondsByKind.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .ToDictionary(pair => pair.Key, pair => Wire.Hours(pair.Value)),
            CreditsByDay = days,
            Fairness = Math.Round((decimal)side.Fairness, 6),
        };
    }
}

/// <summary>Credits granted on one day.</summary>
public sealed record SpentOnDay
{
    /// <summary>A day of UTC.</summary>
    public required DateOnly Day { get; init; }

    /// <summary>Credits granted on it.</summary>
    public required decimal Credits { get; init; }

    /// <summary>Credits granted in the period up to and with it.</summary>
    public required decimal TotalCredits { get; init; }
}

/// <summary>A request whose verdict would have been another.</summary>
public sealed record SimulationFlipView
{
    public required Guid RequestId { get; init; }

    public required Guid OrganizationId { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What was decided: approve, review or deny.</summary>
    public required string WasDecided { get; init; }

    /// <summary>What would have been decided: approve, review or deny.</summary>
    public required string WouldBe { get; init; }

    /// <summary>The rules that lead to it; none for an approval, or when the budget would not have sufficed.</summary>
    public required IReadOnlyList<string> Rules { get; init; }

    /// <summary>The rules would have let it through, but the programme's budget would not have sufficed by then.</summary>
    public bool ExceedsBudget { get; init; }
}

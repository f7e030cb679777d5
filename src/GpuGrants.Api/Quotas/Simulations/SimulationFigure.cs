using System.Globalization;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Quotas.Simulations;

/// <summary>A row of a result as a table: what is counted, of what, as it happened, as it was simulated, and by which rules.</summary>
internal sealed record SimulationFigure(string Figure, string Of, string Happened, string Simulated, string? Rules = null)
{
    public static IEnumerable<SimulationFigure> All(SimulationResult result)
    {
        var (then, now) = (result.Happened, result.Simulated);
        yield return Number("verdicts", "approved", then.Approved, now.Approved);
        yield return Number("verdicts", "in-review", then.InReview, now.InReview);
        yield return Number("verdicts", "denied", then.Denied, now.Denied);
        yield return Number("fairness", "jain", then.Fairness, now.Fairness);
        foreach (var kind in then.GpuHoursByKind.Keys.Union(now.GpuHoursByKind.Keys).Order(StringComparer.Ordinal))
            yield return Number("gpu-hours", kind, then.GpuHoursByKind.GetValueOrDefault(kind), now.GpuHoursByKind.GetValueOrDefault(kind));
        var before = then.CreditsByDay.ToDictionary(one => one.Day, one => one.Credits);
        var after = now.CreditsByDay.ToDictionary(one => one.Day, one => one.Credits);
        foreach (var day in before.Keys.Union(after.Keys).Order())
            yield return Number(
                "credits",
                day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                before.GetValueOrDefault(day),
                after.GetValueOrDefault(day)
            );
        foreach (var flip in result.FlippedRequests)
            yield return new SimulationFigure(
                "flip",
                flip.RequestId.ToString(),
                flip.WasDecided,
                flip.WouldBe,
                flip.ExceedsBudget ? "budget" : string.Join(' ', flip.Rules)
            );
    }

    private static SimulationFigure Number(string figure, string of, decimal happened, decimal simulated) =>
        new(figure, of, happened.ToString(CultureInfo.InvariantCulture), simulated.ToString(CultureInfo.InvariantCulture));
}

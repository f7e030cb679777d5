using System.Globalization;
using System.Text;
using GpuGrants.Api.Http;

namespace GpuGrants.Api.Quotas.Simulations;

/// <summary>A result as one table: what is counted, of what, as it happened, as it was simulated, and by which rules.</summary>
internal static class SimulationCsv
{
    public static string Write(SimulationResult result)
    {
        var text = new StringBuilder("figure,of,happened,simulated,rules\r\n");
        var (then, now) = (result.Happened, result.Simulated);
        Row(text, "verdicts", "approved", then.Approved, now.Approved);
        Row(text, "verdicts", "in-review", then.InReview, now.InReview);
        Row(text, "verdicts", "denied", then.Denied, now.Denied);
        Row(text, "fairness", "jain", then.Fairness, now.Fairness);
        foreach (var kind in then.GpuHoursByKind.Keys.Union(now.GpuHoursByKind.Keys).Order(StringComparer.Ordinal))
            Row(text, "gpu-hours", kind, then.GpuHoursByKind.GetValueOrDefault(kind), now.GpuHoursByKind.GetValueOrDefault(kind));
        var (before, after) = (
            then.CreditsByDay.ToDictionary(one => one.Day, one => one.Credits),
            now.CreditsByDay.ToDictionary(one => one.Day, one => one.Credits)
        );
        foreach (var day in before.Keys.Union(after.Keys).Order())
            Row(
                text,
                "credits",
                day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                before.GetValueOrDefault(day),
                after.GetValueOrDefault(day)
            );
        foreach (var flip in result.FlippedRequests)
            text.Append(
                CultureInfo.InvariantCulture,
                $"flip,{flip.RequestId},{flip.WasDecided},{flip.WouldBe},{Csv.Cell(flip.ExceedsBudget ? "budget" : string.Join(' ', flip.Rules))}\r\n"
            );
        return text.ToString();
    }

    private static void Row(StringBuilder text, string figure, string of, decimal happened, decimal simulated) =>
        text.Append(CultureInfo.InvariantCulture, $"{figure},{of},{happened},{simulated},\r\n");
}

using System.Globalization;
using Spectre.Console;

namespace GpuGrants.Tool.Replay;

/// <summary>Shows a result to people.</summary>
internal static class ReplayReport
{
    public static void Write(IAnsiConsole console, ReplayResult result)
    {
        console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Trace.Tasks.Count} tasks on {result.Trace.Nodes.Count} nodes "
                    + $"over {TimeSpan.FromSeconds(result.Trace.DurationSeconds).TotalDays:N1} days, "
                    + $"replayed in {result.Took.TotalSeconds:N1} s, at most {result.PeakInFlight} in flight."
            )
        );
        console.WriteLine($"Organizations: {result.Spread}.");
        console.WriteLine($"Time: {result.Time}.");
        console.WriteLine($"Rules: {StageBuilder.Rules}.");
        console.WriteLine(
            Text($"Used {result.Summary.Utilisation:P1} of all GPU time; rules alone decided {result.Summary.DecidedByRules:P1} of the ")
                + Text($"requests; fairness among organizations {result.Summary.Fairness:N3} (Jain's index of received by fair share).")
        );
        console.WriteLine(
            Text($"Every {Replayer.QuoteEvery}th task asked for a quote first: {result.Tally.QuotesUsed} of {result.Tally.QuotesAsked} ")
                + "got one and used it. The others asked without."
        );
        console.Write(Hours(result.Tally.Models));
        console.Write(Seconds(result));
        if (result.Tally.Models.Any(model => model.Denied.Count > 0))
            console.Write(Denials(result.Tally.Models));
        foreach (var failure in result.Tally.Failures)
            console.WriteLine($"Failed: {failure}");
        foreach (var check in result.Checks.Where(check => !check.Holds))
            console.WriteLine(Text($"Wrong: {check.Model}: {check.Name}: {check.Left} and {check.Right} GPU-seconds."));
        var unequal = result.Checks.Count(check => !check.Holds);
        console.WriteLine(
            result.IsRight
                ? $"Right: all {result.Checks.Count} checks hold to the GPU-second, in the answers and in the ledger."
                : $"Wrong: {unequal} of {result.Checks.Count} checks do not hold, {result.Tally.FailureCount} tasks failed."
        );
    }

    private static Table Hours(IReadOnlyCollection<ModelTally> models)
    {
        var table = New(
            "In GPU-hours (requests)",
            "GPU model",
            "asked",
            "granted at once",
            "referred to review",
            "then approved",
            "denied",
            "used",
            "returned",
            "still held"
        );
        foreach (var model in models)
            table.AddRow(
                model.Model,
                Cell(model.Asked),
                Cell(model.GrantedAtOnce),
                Cell(model.Referred),
                Cell(model.Approved),
                Cell(model.AllDenied),
                Cell(model.Used),
                Cell(model.Returned),
                Text($"{model.HeldGpuSeconds / 3_600m:N2}")
            );
        table.AddRow(
            "all",
            Cell(Total(models, one => one.Asked)),
            Cell(Total(models, one => one.GrantedAtOnce)),
            Cell(Total(models, one => one.Referred)),
            Cell(Total(models, one => one.Approved)),
            Cell(Total(models, one => one.AllDenied)),
            Cell(Total(models, one => one.Used)),
            Cell(Total(models, one => one.Returned)),
            Text($"{models.Sum(one => one.HeldGpuSeconds) / 3_600m:N2}")
        );
        return table;
    }

    private static Table Seconds(ReplayResult result)
    {
        var table = New(
            "In GPU-seconds: granted = used + returned + still held, by the answers and by the ledger",
            "GPU model",
            "asked",
            "denied",
            "granted",
            "used",
            "returned",
            "still held",
            "ledger: granted",
            "used",
            "returned",
            "still held",
            ""
        );
        foreach (var model in result.Tally.Models)
        {
            var ledger = result.Ledger.GetValueOrDefault(model.Model);
            table.AddRow(
                model.Model,
                Number(model.Asked.GpuSeconds),
                Number(model.AllDenied.GpuSeconds),
                Number(model.Granted.GpuSeconds),
                Number(model.Used.GpuSeconds),
                Number(model.Returned.GpuSeconds),
                Number(model.HeldGpuSeconds),
                Number(ledger?.Granted),
                Number(ledger?.Used),
                Number(ledger?.Returned),
                Number(ledger?.Held),
                result.Checks.Where(check => check.Model == model.Model).All(check => check.Holds) ? "equal" : "WRONG"
            );
        }

        var (models, readings) = (result.Tally.Models, result.Ledger.Values.ToList());
        table.AddRow(
            "all",
            Number(models.Sum(one => one.Asked.GpuSeconds)),
            Number(models.Sum(one => one.AllDenied.GpuSeconds)),
            Number(models.Sum(one => one.Granted.GpuSeconds)),
            Number(models.Sum(one => one.Used.GpuSeconds)),
            Number(models.Sum(one => one.Returned.GpuSeconds)),
            Number(models.Sum(one => one.HeldGpuSeconds)),
            Number(readings.Sum(one => one.Granted)),
            Number(readings.Sum(one => one.Used)),
            Number(readings.Sum(one => one.Returned)),
            Number(readings.Sum(one => one.Held)),
            result.Checks.All(check => check.Holds) ? "equal" : "WRONG"
        );
        return table;
    }

    private static Table Denials(IReadOnlyCollection<ModelTally> models)
    {
        var table = New("Denied, by rule", "GPU model", "rule", "requests", "GPU-hours", "GPU-seconds");
        foreach (var model in models)
        foreach (var (rule, sum) in model.Denied)
            table.AddRow(model.Model, rule, Number(sum.Count), Text($"{sum.GpuHours:N2}"), Number(sum.GpuSeconds));
        return table;
    }

    private static Table New(string title, params string[] columns)
    {
        var table = new Table().Title(title).Border(TableBorder.Rounded);
        foreach (var (index, column) in columns.Index())
        {
            var made = new TableColumn(column).NoWrap();
            table.AddColumn(index == 0 ? made : made.RightAligned());
        }

        return table;
    }

    private static Sum Total(IEnumerable<ModelTally> models, Func<ModelTally, Sum> part) =>
        models.Aggregate(default(Sum), (sum, model) => sum + part(model));

    private static string Cell(Sum sum) => Text($"{sum.GpuHours:N2} ({sum.Count:N0})");

    private static string Number(long? amount) => amount?.ToString("N0", CultureInfo.InvariantCulture) ?? "-";

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}

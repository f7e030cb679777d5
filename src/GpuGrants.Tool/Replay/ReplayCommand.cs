using System.Diagnostics;
using GpuGrants.Client;
using Microsoft.Extensions.Configuration;
using Spectre.Console;

namespace GpuGrants.Tool.Replay;

/// <summary>Replays a trace against a service and says whether every GPU-second is accounted for.</summary>
public static class ReplayCommand
{
    /// <summary>Replays a trace.</summary>
    /// <param name="settings">What and against which service.</param>
    /// <param name="configuration">Names the database of a service that is started; a private one when it does not.</param>
    /// <param name="output">Takes the result.</param>
    /// <param name="progress">Takes the progress bar.</param>
    /// <returns>0 when nothing failed and all sums agree to the GPU-second, else 1.</returns>
    /// <exception cref="InvalidOperationException">A file cannot be read, there is nothing to run on, the service cannot be used, or the
    /// replay was stopped.</exception>
    public static async Task<int> RunAsync(
        ReplaySettings settings,
        IConfiguration configuration,
        TextWriter output,
        TextWriter progress,
        CancellationToken cancellation
    )
    {
        var trace = Trace.Read(settings.Nodes, settings.Pods);
        await using var target = settings.Url is { } url
            ? ReplayTarget.At(url, settings.Administrator!, settings.Clock)
            : await ReplayTarget.StartAsync(configuration, settings.Clock, TimeSpan.FromSeconds(trace.DurationSeconds));
        var bar = ConsoleOn(progress);
        bar.MarkupLineInterpolated($"Replaying {trace.Tasks.Count} GPU tasks and {trace.Nodes.Count} nodes against {target.Description}.");
        var started = Stopwatch.GetTimestamp();
        try
        {
            using var stage = await new StageBuilder(target.Connect(), credentials => target.Connect(credentials)).BuildAsync(
                trace,
                settings.Organizations,
                target.Time.At(0),
                cancellation
            );
            var result = await ReplayAsync(settings, trace, target.Time, stage, bar, started, cancellation);
            ReplayReport.Write(ConsoleOn(output), result);
            if (settings.Json)
                output.WriteLine(ReplayJson.Write(result));
            return result.IsRight ? 0 : 1;
        }
        catch (GpuGrantsException refusal)
        {
            var fields = refusal.Problem.Errors?.SelectMany(pair => pair.Value.Select(message => $" {pair.Key}: {message}")) ?? [];
            throw new InvalidOperationException(
                $"The service refused a call of the replay. {refusal.Message}{string.Concat(fields)}",
                refusal
            );
        }
        catch (HttpRequestException failure)
        {
            throw new InvalidOperationException($"The service cannot be reached: {failure.Message}", failure);
        }
        catch (OperationCanceledException stopped)
        {
            throw new InvalidOperationException(
                cancellation.IsCancellationRequested ? "Stopped; grants may be left active." : "The service did not answer a call in time.",
                stopped
            );
        }
    }

    private static async Task<ReplayResult> ReplayAsync(
        ReplaySettings settings,
        Trace trace,
        TraceTime time,
        Stage stage,
        IAnsiConsole bar,
        long started,
        CancellationToken cancellation
    )
    {
        var tally = new Tally(stage.Offers.Select(offer => offer.Model));
        var peak = 0;
        await bar.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var shown = context.AddTask("Tasks", maxValue: trace.Tasks.Count);
                var replayer = new Replayer(stage, time, tally, settings.Concurrency, () => shown.Increment(1));
                await replayer.RunAsync(trace.Tasks, new Zipf(settings.Organizations, settings.Seed), cancellation);
                peak = replayer.Peak;
            });
        bar.WriteLine("Comparing the answers with the ledger.");
        var ledger = await LedgerReading.ReadAsync(stage, cancellation);
        return new ReplayResult
        {
            Settings = settings,
            Trace = trace,
            Time = time.Description,
            Tally = tally,
            Ledger = ledger,
            Checks =
            [
                .. tally.Models.SelectMany(model =>
                    Check.Of(model, stage.Offers.FirstOrDefault(offer => offer.Model == model.Model), ledger.GetValueOrDefault(model.Model))
                ),
            ],
            Summary = ReplaySummary.Of(tally, stage.Offers.Sum(offer => offer.TraceGpuSeconds)),
            PeakInFlight = peak,
            Took = Stopwatch.GetElapsedTime(started),
        };
    }

    /// <summary>A console on a writer; wide enough for the tables when no terminal says how wide it is.</summary>
    private static IAnsiConsole ConsoleOn(TextWriter writer)
    {
        const int WideColumns = 180;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = WideColumns;
        return console;
    }
}

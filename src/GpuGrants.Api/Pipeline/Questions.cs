using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// The bounded queue of questions: what is decided or looked up without being recorded. Dry runs are questions, and so is the search for a
/// programme, also before a real request. Decisions that are recorded have queues of their own, so that questions never take their place
/// or their connections.
/// </summary>
public sealed class Questions(BatchRunner runner, IOptions<PipelineOptions> options) : IDisposable
{
    private readonly Places _places = new(
        options.Value.Questions,
        options.Value.WaitingQuestions,
        "Too many questions wait for an answer. Try again in a second; to ask for real needs no place among them when it names its "
            + "programme."
    );

    /// <summary>Decides one command on a snapshot: what a real one would get now.</summary>
    /// <exception cref="PipelineUnavailableException">Too many wait.</exception>
    public Task<Outcome<TResult>> DecideAsync<TResult>(Command<TResult> command, CancellationToken cancellation) =>
        RunAsync(() => runner.DryRunAsync(command, cancellation), cancellation);

    /// <inheritdoc cref="Places.RunAsync"/>
    public Task<TResult> RunAsync<TResult>(Func<Task<TResult>> work, CancellationToken cancellation) =>
        _places.RunAsync(work, cancellation);

    public void Dispose() => _places.Dispose();
}

namespace GpuGrants.Api.Pipeline;

/// <summary>A command in the queue, with the caller who waits for its answer.</summary>
public sealed class Submission(Command command)
{
    // Continuations run elsewhere: the worker must go on to its next batch, not serve the caller's response.
    private readonly TaskCompletionSource<Answer> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Command Command { get; } = command;

    public Task<Answer> Completion => _completion.Task;

    public void Complete(Answer answer) => _completion.TrySetResult(answer);

    public void Fail(Exception error) => _completion.TrySetException(error);
}

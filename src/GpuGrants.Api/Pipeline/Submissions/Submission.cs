using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Pipeline.Submissions;

/// <summary>A command in the queue, with the caller who waits for what it comes to.</summary>
public abstract class Submission(Command command, IdempotencyKey? key)
{
    public Command Command { get; } = command;

    /// <summary>Null when the caller gave no idempotency key.</summary>
    public IdempotencyKey? Key { get; } = key;

    /// <summary>Decides the command and makes its answer at once, before another command changes the rows that the result names.</summary>
    internal abstract Reply Decide(BatchState batch);

    internal abstract Reply Repeat(KeptAnswer kept);

    /// <summary>In place of a decision for a caller who has to be judged again.</summary>
    internal abstract Reply JudgeAgain();

    internal abstract void Complete(Reply reply);

    internal abstract void Fail(Exception error);
}

/// <inheritdoc/>
/// <param name="command">What to decide.</param>
/// <param name="key">The caller's idempotency key.</param>
/// <param name="render">Makes the answer of the outcome, a pure function. Null for callers who want the outcome itself. When it gives null,
/// nothing is kept under the key.</param>
public sealed class Submission<TResult>(
    Command<TResult> command,
    IdempotencyKey? key = null,
    Func<Outcome<TResult>, Rendering?>? render = null
) : Submission(command, key)
{
    // Continuations run elsewhere: the worker must go on to its next batch, not serve the caller's response.
    private readonly TaskCompletionSource<Reply<TResult>> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Reply<TResult>> Completion => _completion.Task;

    internal override Reply Decide(BatchState batch)
    {
        var outcome = command.Decide(batch);
        return new Reply<TResult> { Outcome = outcome, Rendering = render?.Invoke(outcome) };
    }

    internal override Reply Repeat(KeptAnswer kept) => new Reply<TResult> { Repeated = kept };

    internal override Reply JudgeAgain() => new Reply<TResult> { AuthorityChanged = true };

    internal override void Complete(Reply reply) => _completion.TrySetResult((Reply<TResult>)reply);

    internal override void Fail(Exception error) => _completion.TrySetException(error);
}

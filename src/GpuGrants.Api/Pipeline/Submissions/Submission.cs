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
    internal abstract Reply AuthorityChanged();

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

    internal override Reply AuthorityChanged() => new Reply<TResult> { AuthorityChanged = true };

    internal override void Complete(Reply reply) => _completion.TrySetResult((Reply<TResult>)reply);

    internal override void Fail(Exception error) => _completion.TrySetException(error);
}

/// <summary>What an idempotency key can keep of an answer: the answer itself, or what it is made of again. The pipeline never looks
/// inside.</summary>
public interface IKeepable
{
    /// <summary>Writes what a repetition of the call gets.</summary>
    void KeepIn(KeptAnswer row);
}

/// <summary>An outcome as its caller gets it.</summary>
/// <param name="Answer">For the caller who asked first.</param>
/// <param name="Kept">For repetitions with the same key, without what is shown only once; null when nothing is to be kept.</param>
public sealed record Rendering(IKeepable Answer, IKeepable? Kept)
{
    /// <summary>An answer that repetitions get as it is.</summary>
    public Rendering(IKeepable answer)
        : this(answer, answer) { }
}

/// <summary>What a submission came to.</summary>
public abstract record Reply
{
    /// <summary>The answer that was kept when the same key was used before; the command was not decided again.</summary>
    public KeptAnswer? Repeated { get; init; }

    /// <summary>Whether the caller has to be judged again; nothing was decided.</summary>
    public bool AuthorityChanged { get; init; }

    /// <summary>The answer that was made of the outcome, where the submission makes one.</summary>
    public Rendering? Rendering { get; init; }
}

/// <inheritdoc/>
public sealed record Reply<TResult> : Reply
{
    /// <summary>What was decided, unless <see cref="Reply.Repeated"/> stands for it.</summary>
    public Outcome<TResult> Outcome { get; init; }
}

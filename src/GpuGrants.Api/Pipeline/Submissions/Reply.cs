using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Pipeline.Submissions;

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

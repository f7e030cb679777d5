using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>A command that is being decided, with all that its batch has locked, until it is let go.</summary>
internal sealed class HeldDecision : Command<bool>
{
    private readonly TaskCompletionSource<long> _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the decision begins, with the version of the platform's configuration that it is taken by.</summary>
    public Task<long> Begun => _decided.Task;

    public void LetGo() => _letGo.TrySetResult();

    public override void Plan(BatchState batch) { }

    public override Outcome<bool> Decide(BatchState batch)
    {
        _decided.TrySetResult(batch.Tree(Tree).State.PlatformConfigVersion);
        _letGo.Task.GetAwaiter().GetResult();
        return true;
    }
}

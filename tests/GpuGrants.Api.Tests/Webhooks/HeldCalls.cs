namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>The first calls of a receiver, which the test answers when it likes. Later ones are answered at once.</summary>
internal sealed class HeldCalls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TaskCompletionSource[] _arrived;
    private readonly TaskCompletionSource<int>[] _answers;
    private int _count;

    public HeldCalls(Receiver receiver, int held)
    {
        _arrived = [.. Enumerable.Range(0, held).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        _answers =
        [
            .. Enumerable.Range(0, held).Select(_ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)),
        ];
        receiver.Answer = (_, _) => Take();
    }

    public int Count => Volatile.Read(ref _count);

    /// <summary>The answer to all calls that are not held.</summary>
    public int Then { get; init; } = 200;

    public Task ArrivedAsync(int call) => _arrived[call].Task.WaitAsync(Patience);

    public void Answer(int call, int status) => _answers[call].TrySetResult(status);

    private int Take()
    {
        var call = Interlocked.Increment(ref _count) - 1;
        if (call >= _answers.Length)
            return Then;
        _arrived[call].SetResult();
        return _answers[call].Task.Wait(Patience) ? _answers[call].Task.Result : Then;
    }
}

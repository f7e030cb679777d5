namespace GpuGrants.Api.Pipeline;

/// <summary>
/// Lets a crowd gather before its next batch. A batch costs much whatever it holds, and callers who were just answered call again at once.
/// Without this, those who waited meanwhile leave without them, and two half crowds take turns.
/// </summary>
/// <param name="waiting">How many wait now.</param>
/// <param name="longest">How long a crowd waits at most.</param>
/// <remarks>
/// PostgreSQL has <c>commit_delay</c> and <c>commit_siblings</c> for the same. Few callers never wait, and a crowd waits
/// for a part of the time that its last batch took.
/// </remarks>
public sealed class Gathering(Func<int> waiting, TimeSpan longest)
{
    /// <summary>Fewer than these are no crowd.</summary>
    private const int Crowd = 5;

    /// <summary>The crowd waits at most for the last batch's time divided by this.</summary>
    private const int Part = 4;

    private int _expected;
    private TimeSpan _patience;
    private TaskCompletionSource? _complete;

    /// <summary>How many are waited for; 0 while nobody waits.</summary>
    private int _wanted;

    /// <summary>Says how many the next batch may hope for: those who were answered, and those who came meanwhile.</summary>
    /// <param name="count">How many.</param>
    /// <param name="took">How long the last batch took.</param>
    public void Expect(int count, TimeSpan took)
    {
        _expected = count;
        _patience = took / Part < longest ? took / Part : longest;
    }

    /// <summary>Waits until as many wait as are expected, or patience ends.</summary>
    public async ValueTask WaitAsync()
    {
        var expected = _expected;
        if (waiting() is var now && (now < Crowd || now >= expected))
            return;
        var complete = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _complete = complete;
        Volatile.Write(ref _wanted, expected);
        Came();
        await complete.Task.WaitAsync(_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Volatile.Write(ref _wanted, 0);
    }

    /// <summary>Somebody waits now.</summary>
    public void Came()
    {
        var wanted = Volatile.Read(ref _wanted);
        if (wanted > 0 && waiting() >= wanted)
            _complete!.TrySetResult();
    }
}

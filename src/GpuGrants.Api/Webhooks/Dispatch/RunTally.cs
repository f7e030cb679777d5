namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>How the attempts of one run end. Several end at the same time.</summary>
public sealed class RunTally
{
    private int _failures;
    private int _successes;

    public int Failures => Volatile.Read(ref _failures);

    public int Successes => Volatile.Read(ref _successes);

    /// <summary>Whether the receiver said that it wants nothing more.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Notes an attempt that the receiver took.</summary>
    public void Taken() => Interlocked.Increment(ref _successes);

    /// <summary>Notes an attempt that it did not take.</summary>
    /// <param name="isGone">Whether it wants nothing more. Whatever others end with does not take that back.</param>
    public void Failed(bool isGone)
    {
        Interlocked.Increment(ref _failures);
        if (isGone)
            IsGone = true;
    }
}

using GpuGrants.Ledger;

namespace GpuGrants.Api.Pipeline;

/// <summary>
/// What a replica remembers of a tree between two batches. It holds as long as the version under the lock is the one it was left at; whoever
/// changes the tree in between, here or on another replica, makes the version differ and the memory worthless.
/// </summary>
public sealed class TreeState
{
    public required Guid RootProgrammeId { get; init; }

    public long Version { get; set; }

    public long TransferSequence { get; set; }

    public long EventSequence { get; set; }

    /// <summary>The business time of the batch at work: never before that of an earlier batch of the tree.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>Programmes, offers, GPU models and compiled quotas.</summary>
    public TreeConfig Config { get; set; } = TreeConfig.None;

    public Dictionary<Guid, Account> Accounts { get; } = [];

    public Dictionary<QuotaCounterId, StoredCounter> Counters { get; } = [];

    /// <summary>True once the batch changed something, so that the version has to grow.</summary>
    public bool Changed { get; set; }

    public void Forget()
    {
        Accounts.Clear();
        Counters.Clear();
    }
}

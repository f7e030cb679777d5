using System.Threading.Channels;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Mail;

/// <summary>Wakes whoever sends mail on this replica, as soon as a batch or somebody else has put some into the outbox.</summary>
public sealed class MailWake : IRowWatcher
{
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    public IReadOnlyList<Type> Watched { get; } = [typeof(MailRow)];

    /// <summary>Has mail looked for now rather than at the next period.</summary>
    public void Written() => _wakes.Writer.TryWrite(true);

    /// <summary>Waits until somebody wakes.</summary>
    internal Task WaitAsync(CancellationToken cancellation) => _wakes.Reader.WaitToReadAsync(cancellation).AsTask();

    /// <summary>Forgets that somebody woke.</summary>
    internal void Reset() => _wakes.Reader.TryRead(out _);
}

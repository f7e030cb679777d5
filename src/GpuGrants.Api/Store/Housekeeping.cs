namespace GpuGrants.Api.Store;

/// <summary>Background work that goes on when a part of it fails.</summary>
internal static class Housekeeping
{
    /// <summary>Does each part in turn, whatever comes of those before it.</summary>
    /// <exception cref="AggregateException">What failed, once all was tried.</exception>
    public static async Task AllAsync(IEnumerable<Func<Task>> parts)
    {
        var failures = new List<Exception>();
        foreach (var part in parts)
            await TryAsync(part, failures.Add, CancellationToken.None);

        if (failures.Count > 0)
            throw new AggregateException(failures);
    }

    /// <summary>Does a round of work that comes again. Its failure ends neither the loop around it nor the service.</summary>
    /// <param name="round">The work.</param>
    /// <param name="failed">Told what failed, unless the service stops.</param>
    /// <param name="stopping">Cancelled when the service stops.</param>
    public static async Task TryAsync(Func<Task> round, Action<Exception> failed, CancellationToken stopping)
    {
        try
        {
            await round();
        }
#pragma warning disable CA1031 // Whatever fails, the next round tries again.
        catch (Exception failure)
        {
            if (!stopping.IsCancellationRequested)
                failed(failure);
        }
#pragma warning restore CA1031
    }
}

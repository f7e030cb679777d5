namespace GpuGrants.Api.Store;

/// <summary>Background work of several parts, of which none keeps the others from being done.</summary>
internal static class Housekeeping
{
    /// <summary>Does each part in turn, whatever comes of those before it.</summary>
    /// <exception cref="AggregateException">What failed, once all was tried.</exception>
    public static async Task AllAsync(IEnumerable<Func<Task>> parts)
    {
        var failures = new List<Exception>();
        foreach (var part in parts)
        {
            try
            {
                await part();
            }
#pragma warning disable CA1031 // Thrown together in the end.
            catch (Exception failure)
            {
                failures.Add(failure);
            }
#pragma warning restore CA1031
        }

        if (failures.Count > 0)
            throw new AggregateException(failures);
    }
}

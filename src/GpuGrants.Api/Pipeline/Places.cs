using GpuGrants.Api.Pipeline.Batches;

namespace GpuGrants.Api.Pipeline;

/// <summary>A bounded number of places for costly work, and a bounded number of callers who wait for one.</summary>
/// <param name="places">How many work at one time.</param>
/// <param name="waiting">How many more may wait.</param>
/// <param name="refusal">What the others are told.</param>
internal sealed class Places(int places, int waiting, string refusal) : IDisposable
{
    private readonly SemaphoreSlim _places = new(places);
    private int _inside;

    /// <summary>Does the work when a place is free. Whoever goes away while waiting gives up the wait.</summary>
    /// <exception cref="PipelineUnavailableException">Too many wait.</exception>
    public async Task<TResult> RunAsync<TResult>(Func<Task<TResult>> work, CancellationToken cancellation)
    {
        try
        {
            if (Interlocked.Increment(ref _inside) > places + waiting)
                throw new PipelineUnavailableException("queue-full", refusal);
            await _places.WaitAsync(cancellation);
            try
            {
                return await work();
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    public void Dispose() => _places.Dispose();
}

using System.Data;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Ledger;

/// <summary>
/// Bounds the number of long answers. Each keeps a connection and one snapshot of the ledger from its first row to its last.
/// </summary>
public sealed class LedgerStreams(IOptions<LedgerOptions> options) : IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>How long the database may take over any one row. The caller's going away ends it sooner.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _places = new(options.Value.MaxStreams);

    /// <summary>Takes a place until what is returned is disposed, and lets the context read one snapshot meanwhile.</summary>
    /// <exception cref="ProblemException">All places are taken.</exception>
    public async Task<IAsyncDisposable> EnterAsync(GpuGrantsContext db, CancellationToken cancellation)
    {
        if (!_places.Wait(0, CancellationToken.None))
            throw new ProblemException(
                Problem.Document(
                    503,
                    "too-many-exports",
                    $"The service writes at most {options.Value.MaxStreams} statements and exports at a time. Try again shortly."
                ),
                RetryAfter
            );
        try
        {
            db.Database.SetCommandTimeout(Patience);
            return new Place(_places, await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation));
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    public void Dispose() => _places.Dispose();

    private sealed class Place(SemaphoreSlim places, IAsyncDisposable transaction) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await transaction.DisposeAsync();
            }
            finally
            {
                places.Release();
            }
        }
    }
}

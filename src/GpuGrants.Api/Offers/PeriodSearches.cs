using GpuGrants.Api.Pipeline;

namespace GpuGrants.Api.Offers;

/// <summary>
/// Places for searches with a period. Each reads and plans what up to <see cref="OfferPeriods.MaxOffers"/> offers promised, and needs no
/// token. So they have places of their own, and take none of decisions and dry runs.
/// </summary>
internal sealed class PeriodSearches : IDisposable
{
    /// <summary>How many run at one time.</summary>
    public const int Running = 2;

    /// <summary>How many more may wait.</summary>
    public const int Waiting = 32;

    private readonly Places _places = new(
        Running,
        Waiting,
        "Too many searches with a period wait for an answer. Try again in a second, or search without from and until."
    );

    /// <inheritdoc cref="Places.RunAsync"/>
    public Task<TResult> RunAsync<TResult>(Func<Task<TResult>> work, CancellationToken cancellation) =>
        _places.RunAsync(work, cancellation);

    public void Dispose() => _places.Dispose();
}

using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Batches;

namespace GpuGrants.Api.Offers;

/// <summary>
/// Places for searches with a period. Each reads and plans what up to <see cref="OfferPeriods.MaxOffers"/> offers promised, and needs no
/// token. So they have places of their own, and take none of decisions and dry runs. Strangers take none of callers with a token, and no
/// caller takes all.
/// </summary>
internal sealed class PeriodSearches : IDisposable
{
    /// <summary>How many searches of callers with a token run at one time, and how many more may wait.</summary>
    public const int Running = 2;

    /// <inheritdoc cref="Running"/>
    public const int Waiting = 32;

    /// <summary>The same of strangers.</summary>
    public const int StrangersRunning = 1;

    /// <inheritdoc cref="StrangersRunning"/>
    public const int StrangersWaiting = 16;

    /// <summary>The most that one person, or one network of strangers, has under way.</summary>
    public const int PerCaller = 2;

    private const string Refusal =
        "Too many searches with a period wait for an answer. Try again in a second, or search without from and until.";

    private readonly PlacesPer<string> _own = new(PerCaller);
    private readonly Places _known = new(Running, Waiting, Refusal);
    private readonly Places _strangers = new(StrangersRunning, StrangersWaiting, Refusal);

    /// <summary>Does the caller's search when a place is free.</summary>
    /// <exception cref="PipelineUnavailableException">Too many wait, or too many of the caller's own.</exception>
    public async Task<TResult> RunAsync<TResult>(HttpContext http, Func<Task<TResult>> work)
    {
        var person = http.CallerOrNobody()?.Actor.Person;
        using var own =
            _own.Enter(person?.ToString() ?? http.RemoteAddressOrPrefix())
            ?? throw new PipelineUnavailableException(
                "queue-full",
                $"You have {PerCaller} searches with a period under way, which is the most. Read their answers first."
            );
        return await (person is null ? _strangers : _known).RunAsync(work, http.RequestAborted);
    }

    public void Dispose()
    {
        _known.Dispose();
        _strangers.Dispose();
    }
}

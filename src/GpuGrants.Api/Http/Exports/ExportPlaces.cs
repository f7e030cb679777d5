using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Limiting;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Http.Exports;

/// <summary>Bounds how many long answers one person reads at a time, through all principals and clients.</summary>
public sealed class ExportPlaces(IOptions<RateLimitOptions> options)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);
    private readonly PlacesPer<Guid> _places = new(options.Value.ExportsPerCaller);

    /// <summary>Takes a place until what is returned is disposed.</summary>
    /// <exception cref="ProblemException">The person has taken all of theirs.</exception>
    public IDisposable Enter(Guid person) =>
        _places.Enter(person)
        ?? throw new ProblemException(
            Problem.Document(
                429,
                "exports-running",
                $"You read {_places.Most} statements and exports already. Read one to its end, or end it, before you begin another."
            ),
            RetryAfter
        );
}

/// <summary>Puts long answers under the bound.</summary>
public static class ExportPlacesExtensions
{
    /// <summary>The answer takes a place of its caller's until its last byte. The endpoint writes it before it returns.</summary>
    public static RouteHandlerBuilder Exports(this RouteHandlerBuilder endpoint) =>
        endpoint.AddEndpointFilter(
            async (context, next) =>
            {
                var http = context.HttpContext;
                // Who reads: a partner that acts for somebody takes no place of theirs.
                var reader = http.Caller().Self ?? http.Caller();
                using var place = http.RequestServices.GetRequiredService<ExportPlaces>().Enter(reader.Actor.Person);
                return await next(context);
            }
        );
}

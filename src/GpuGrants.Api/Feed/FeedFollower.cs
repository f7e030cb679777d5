using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.Api.Json;
using GpuGrants.Feed;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Feed;

/// <summary>
/// The feed as server-sent events. A listener costs a waiting task and no connection to the database; it reads when a wave may be about
/// it. Its authority is checked again each minute, and it ends with the token.
/// </summary>
public sealed class FeedFollower(
    FeedReader reader,
    FeedPoller poller,
    CallerDirectory directory,
    IOptions<RateLimitOptions> limits,
    TimeProvider clock,
    IHostApplicationLifetime lifetime
)
{
    /// <summary>As many as one round of the reader brings into memory, so that a fast tree is followed by few looks.</summary>
    private const int EventsPerLook = 500;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Trust = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(2);

    private readonly PlacesPer<Guid> _places = new(limits.Value.StreamsPerCaller);

    /// <summary>Opens a stream for the caller.</summary>
    /// <returns>The answer, which stays open.</returns>
    /// <exception cref="ProblemException">This replica has as many streams as it keeps, or the person has as many as theirs.</exception>
    internal IResult Open(HttpContext http, FeedQuery query, FeedCursor cursor, IReadOnlyList<FeedPosition> from)
    {
        var caller = http.Caller();
        var isNarrow = EventSight.IsByOrganization(caller);
        var place =
            _places.Enter((caller.Self ?? caller).Actor.Person)
            ?? throw new ProblemException(
                Problem.Document(
                    429,
                    "streams-open",
                    $"You listen to {_places.Most} streams already. End one, or follow more trees in one."
                ),
                Reconnect
            );
        if (!poller.TryEnter(isNarrow))
        {
            place.Dispose();
            throw new ProblemException(
                Problem.Document(503, "too-many-listeners", "This replica has too many open streams. Try again, or read page by page."),
                Reconnect
            );
        }

        // Counted out when the call ends, also when the stream was never begun.
        http.Response.OnCompleted(() =>
        {
            poller.Leave(isNarrow);
            place.Dispose();
            return Task.CompletedTask;
        });
        // Proxies that gather answers before they pass them on would hold events back.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(FollowAsync(caller, query, cursor, from, EndOf(http), http.RequestAborted));
    }

    private DateTimeOffset EndOf(HttpContext http)
    {
        var longest = clock.GetUtcNow() + Longest;
        // Compared as a number: an issuer may state an end that no calendar has, or with a fraction (RFC 7519, section 2).
        return
            double.TryParse(http.User.FindFirst("exp")?.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && seconds < longest.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : longest;
    }

    private async IAsyncEnumerable<SseItem<string>> FollowAsync(
        Caller caller,
        FeedQuery query,
        FeedCursor cursor,
        IReadOnlyList<FeedPosition> at,
        DateTimeOffset end,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        // At once, so that the caller knows that it listens.
        yield return Heartbeat(cursor.Write(at));
        var (trusted, beat) = (clock.GetUtcNow() + Trust, clock.GetUtcNow() + Beat);
        var (wave, mayHaveMore) = (poller.Current, true);
        while (clock.GetUtcNow() < end && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            if (clock.GetUtcNow() >= trusted)
            {
                if (await AgainAsync(caller, cancellation) is not { } again)
                    yield break;
                (caller, trusted, mayHaveMore) = (again, clock.GetUtcNow() + Trust, true);
            }

            if (mayHaveMore)
            {
                var (slice, problem) = await LookAsync(caller, query, cursor, at, cancellation);
                if (problem is not null)
                {
                    yield return new SseItem<string>(ApiJson.WriteText(problem), "problem") { EventId = problem.Cursor };
                    yield break;
                }

                at = slice!.Positions;
                for (var i = 0; i < slice.Events.Count; i++)
                    yield return ItemOf(EventView.Of(slice.Events[i]), i == slice.Events.Count - 1 ? cursor.Write(at) : null);
                mayHaveMore = slice.HasMore;
                continue;
            }

            if (await NextAsync(wave, beat - clock.GetUtcNow(), cancellation) is { } next)
                (wave, mayHaveMore) = (poller.Current, IsAbout(caller, wave, next));
            if (clock.GetUtcNow() < beat)
                continue;
            yield return Heartbeat(cursor.Write(at));
            beat = clock.GetUtcNow() + Beat;
        }
    }

    /// <summary>Whether the wave may have events for the caller. Who missed a wave in between has to look.</summary>
    private bool IsAbout(Caller caller, FeedWave last, FeedWave next) =>
        next.Organizations is null
        || !EventSight.IsByOrganization(caller)
        || poller.Current.Number > last.Number + 1
        || next.Organizations.Any(caller.BelongsTo);

    private async Task<(FeedSlice? Slice, ProblemDocument? Problem)> LookAsync(
        Caller caller,
        FeedQuery query,
        FeedCursor cursor,
        IReadOnlyList<FeedPosition> at,
        CancellationToken cancellation
    )
    {
        try
        {
            return (await reader.ReadAsync(caller, query, at, EventsPerLook, cancellation), null);
        }
        catch (FeedRestoredException restored)
        {
            return (null, FeedProblems.Restored(cursor.Write(restored.GoOnFrom)));
        }
        catch (TooManyTreesException)
        {
            return (null, FeedProblems.TooManyTrees().Document);
        }
    }

    /// <summary>The next wave; null when it is time for a heartbeat or the service stops.</summary>
    private async Task<FeedWave?> NextAsync(FeedWave wave, TimeSpan wait, CancellationToken cancellation)
    {
        if (wait <= TimeSpan.Zero)
            return null;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        try
        {
            return await wave.Next.WaitAsync(wait, clock, either.Token);
        }
        catch (TimeoutException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The caller by roles, client and consent as they are now; null when it may call no more.</summary>
    private async ValueTask<Caller?> AgainAsync(Caller caller, CancellationToken cancellation)
    {
        try
        {
            return await directory.NowAsync(caller, cancellation);
        }
        catch (ProblemException)
        {
            // Whom it acted for no longer consents.
            return null;
        }
    }

    private static SseItem<string> Heartbeat(string cursor) =>
        new("{}", "heartbeat") { EventId = cursor, ReconnectionInterval = Reconnect };

    private static SseItem<string> ItemOf(EventView one, string? cursor) => new(ApiJson.WriteText(one), one.Type) { EventId = cursor };
}

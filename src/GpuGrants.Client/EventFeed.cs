using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace GpuGrants.Client;

/// <summary>Which events to read; null members leave nothing out.</summary>
/// <param name="Types">Types, separated by commas, such as <c>request.approved,grant.*</c>.</param>
/// <param name="Resource">The id of one resource.</param>
/// <param name="Programmes">Ids of programmes, separated by commas; <c>platform</c> for what belongs to none.</param>
/// <param name="From">Where to begin when there is no cursor yet.</param>
public sealed record EventFilter(string? Types = null, string? Resource = null, string? Programmes = null, DateTimeOffset? From = null);

/// <summary>Something that happened, as docs/events.md lists it.</summary>
public sealed record EventResult(
    Guid Id,
    string Type,
    int Version,
    Guid? RootProgrammeId,
    long Sequence,
    string ResourceType,
    string ResourceId,
    Guid? OrganizationId,
    DateTimeOffset OccurredAt,
    Guid ActorId,
    string ClientId,
    Guid? OnBehalfOf,
    bool Livemode,
    JsonElement Data
);

/// <summary>Part of the feed.</summary>
/// <param name="NextCursor">Where to go on; keep it with what you did with the events.</param>
/// <param name="HasMore">Whether there is more to read now.</param>
public sealed record EventPageResult(IReadOnlyList<EventResult> Data, string NextCursor, bool HasMore);

/// <summary>An event of a stream.</summary>
/// <param name="Cursor">Where to go on after it. Events that follow it may come again, with the same ids.</param>
public sealed record FollowedEvent(EventResult Event, string? Cursor);

/// <summary>Reads and follows what happened.</summary>
public sealed class EventFeed(GpuGrantsClient client)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Reads a page, oldest first.</summary>
    /// <param name="filter">Which events.</param>
    /// <param name="cursor">Of the page before, read with the same filter; null to begin.</param>
    /// <param name="limit">The most events, 1 to 100.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The events and where to go on.</returns>
    /// <exception cref="GpuGrantsException">The service refused. On <c>feed-restored</c> the problem has the cursor to go on
    /// from.</exception>
    public Task<EventPageResult> ReadAsync(
        EventFilter filter,
        string? cursor = null,
        int limit = 100,
        CancellationToken cancellation = default
    ) =>
        client.GetAsync<EventPageResult>(
            string.Create(CultureInfo.InvariantCulture, $"{PathOf(filter)}&limit={limit}") + (cursor is null ? "" : $"&cursor={cursor}"),
            cancellation
        );

    /// <summary>Reads what happened and goes on as things happen, over broken connections too.</summary>
    /// <param name="filter">Which events.</param>
    /// <param name="cursor">Where to go on; null to begin.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The events. Some may come twice, with the same ids.</returns>
    /// <exception cref="GpuGrantsException">The service refused. On <c>feed-restored</c> the problem has the cursor to go on
    /// from.</exception>
    public async IAsyncEnumerable<FollowedEvent> FollowAsync(
        EventFilter filter,
        string? cursor = null,
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        while (true)
        {
            using var response = await client.OpenStreamAsync(PathOf(filter), cursor, cancellation);
            var parser = SseParser.Create(await response.Content.ReadAsStreamAsync(cancellation));
            await using var items = parser.EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
            while (await MoveAsync(items))
            {
                if (parser.LastEventId.Length > 0)
                    cursor = parser.LastEventId;
                if (items.Current.EventType == "problem")
                    throw new GpuGrantsException(
                        HttpStatusCode.Conflict,
                        JsonSerializer.Deserialize<ProblemDetails>(items.Current.Data, Json) ?? new ProblemDetails()
                    );
                if (items.Current.EventType != "heartbeat")
                    yield return new FollowedEvent(JsonSerializer.Deserialize<EventResult>(items.Current.Data, Json)!, cursor);
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    /// <summary>False when the stream has ended or broken off.</summary>
    private static async Task<bool> MoveAsync(IAsyncEnumerator<SseItem<string>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string PathOf(EventFilter filter)
    {
        (string Name, string? Value)[] parts =
        [
            ("types", filter.Types),
            ("resource", filter.Resource),
            ("programme", filter.Programmes),
            ("from", filter.From?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)),
        ];
        return "/v1/events?"
            + string.Join(
                '&',
                parts.Where(part => part.Value is not null).Select(part => $"{part.Name}={Uri.EscapeDataString(part.Value!)}")
            );
    }
}

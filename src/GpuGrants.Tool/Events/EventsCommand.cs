using System.Globalization;
using System.Text.Json;
using GpuGrants.Client;

namespace GpuGrants.Tool.Events;

/// <summary>Writes events as lines. The cursor to go on from goes to the second writer, so that lines stay clean.</summary>
internal sealed class EventsCommand(EventFeed feed, TextWriter output, TextWriter notes)
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    public required EventFilter Filter { get; init; }

    /// <summary>Whether a line is a JSON object.</summary>
    public bool Json { get; init; }

    /// <returns>0, or 1 when the service refused.</returns>
    public async Task<int> RunAsync(string? cursor, bool follow, CancellationToken cancellation)
    {
        try
        {
            if (follow)
                await FollowAsync(cursor, cancellation);
            else
                await ReadAsync(cursor, cancellation);
            return 0;
        }
        catch (GpuGrantsException refused)
        {
            await notes.WriteLineAsync(refused.Message);
            if (refused.Problem.Cursor is { } next)
                await notes.WriteLineAsync($"Go on with --cursor {next}");
            return 1;
        }
    }

    private async Task ReadAsync(string? cursor, CancellationToken cancellation)
    {
        for (var hasMore = true; hasMore; )
        {
            var page = await feed.ReadAsync(Filter, cursor, cancellation: cancellation);
            foreach (var one in page.Data)
                await WriteAsync(one);
            (cursor, hasMore) = (page.NextCursor, page.HasMore);
        }

        await notes.WriteLineAsync($"Go on with --cursor {cursor}");
    }

    private async Task FollowAsync(string? cursor, CancellationToken cancellation)
    {
        try
        {
            await foreach (var one in feed.FollowAsync(Filter, cursor, cancellation))
            {
                await WriteAsync(one.Event);
                cursor = one.Cursor;
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            if (cursor is not null)
                await notes.WriteLineAsync($"Go on with --cursor {cursor}");
        }
    }

    private Task WriteAsync(EventResult one) =>
        output.WriteLineAsync(
            Json
                ? JsonSerializer.Serialize(one, Web)
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{one.OccurredAt:yyyy-MM-ddTHH:mm:ssZ} {one.Type} {one.ResourceId} by {one.ActorId} through {one.ClientId} {one.Data}"
                )
        );
}

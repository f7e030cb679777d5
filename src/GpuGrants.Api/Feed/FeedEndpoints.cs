using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Exports;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;
using GpuGrants.Feed;

namespace GpuGrants.Api.Feed;

/// <summary>The feed of events: page by page, as a stream, or a period of it as one file.</summary>
public static class FeedEndpoints
{
    public const string StreamType = "text/event-stream";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/events", ListAsync)
            .RequireScope(Scopes.Read)
            .Asks("types", "resource", "programme", "from", "limit", "cursor")
            .Says(
                "listEvents",
                "Read or follow the events",
                "What happened to what you may see, in order within each tree, oldest first. Keep nextCursor and ask again: it never "
                    + "skips an event. With Accept: text/event-stream the answer stays open and sends events as they happen; each "
                    + "id is a cursor, which Last-Event-ID takes. A heartbeat comes every 15 seconds. 409 feed-restored says that "
                    + "the database was restored to an earlier moment; the problem has the cursor to go on from."
            )
            .Answers<EventPage>()
            .Streams()
            .Refuses(409);
        v1.MapGet("/events/export", ExportAsync)
            .RequireScope(Scopes.Read)
            .Exports()
            .Asks("from", "to", "types", "resource", "programme", "format", "bom")
            .Says(
                "exportEvents",
                "Export events",
                "The events of a period, as the audit log of what you may see: who did what, through which client and for whom. "
                    + "Streamed tree by tree. JSON; CSV with format=csv or Accept: text/csv. An export that breaks off ends without the "
                    + "end of its HTTP answer. Where the database was restored meanwhile, brokenOff or the last line says where to go on."
            )
            .Answers<EventExport>()
            .Refuses(409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, FeedReader reader, FeedFollower stream)
    {
        var query = await FeedQuery.OfAsync(http, db);
        var limit = Paging.Limit(http);
        var cursor = FeedCursor.Of(http);
        try
        {
            var from = cursor.Read(http) ?? await BeginningAsync(http, reader, query);
            if (WantsStream(http))
                return stream.Open(http, query, cursor, from);
            var slice = await reader.ReadAsync(http.Caller(), query, from, limit, http.RequestAborted);
            var page = new EventPage([.. slice.Events.Select(EventView.Of)], cursor.Write(slice.Positions), slice.HasMore);
            return TypedResults.Json(page, ApiJson.Options);
        }
        catch (FeedRestoredException restored)
        {
            throw new ProblemException(FeedProblems.Restored(cursor.Write(restored.GoOnFrom)));
        }
        catch (TooManyTreesException)
        {
            throw FeedProblems.TooManyTrees();
        }
    }

    private static async Task<IReadOnlyList<FeedPosition>> BeginningAsync(HttpContext http, FeedReader reader, FeedQuery query) =>
        http.MomentFilter("from") is { } moment ? await reader.BeforeAsync(http.Caller(), query, moment, http.RequestAborted) : [];

    private static bool WantsStream(HttpContext http) =>
        http.Request.GetTypedHeaders().Accept.Any(one => one.MediaType == StreamType && (one.Quality ?? 1) > 0);

    private static async Task ExportAsync(HttpContext http, GpuGrantsContext db, FeedReader reader)
    {
        var (from, to) = http.PeriodFilter();
        var csv = http.WantsCsv();
        var query = await FeedQuery.OfAsync(http, db);
        var export = new FeedExport(reader, http.Caller(), query);
        try
        {
            await export.BeginAsync(from, to, http.RequestAborted);
        }
        catch (FeedRestoredException restored)
        {
            throw new ProblemException(RestoredExport(http, restored.GoOnFrom));
        }
        catch (TooManyTreesException)
        {
            throw FeedProblems.TooManyTrees();
        }

        var data = export.ReadAsync(http.RequestAborted);
        if (csv)
            await http.WriteCsvAsync("events.csv", data.Select(EventLine.Of), () => BrokenOff() is { } why ? LastLineOf(why) : null);
        else
            await http.Response.WriteAsJsonAsync(
                new EventExport
                {
                    From = from,
                    To = to,
                    Data = data,
                    Breaking = BrokenOff,
                },
                ApiJson.Options
            );
        // Whoever does not read what the answer ends with still gets no end of it.
        if (BrokenOff() is not null)
            throw new IOException("The database was restored while an export was written, so its answer was cut off.");

        ProblemDocument? BrokenOff() => export.GoesOnFrom is { } at ? RestoredExport(http, at).In(http.Language()) : null;
    }

    private static ProblemDocument RestoredExport(HttpContext http, IReadOnlyList<FeedPosition> goOnFrom) =>
        FeedProblems.RestoredExport(FeedCursor.OfListFor(http).Write(goOnFrom));

    private static string LastLineOf(ProblemDocument why) => $"{why.Code}: {why.Detail} cursor={why.Cursor}";
}

/// <summary>Why the feed cannot be read.</summary>
internal static class FeedProblems
{
    public static ProblemDocument Restored(string cursor) =>
        Problem.Document(
            409,
            "feed-restored",
            "The database was restored to an earlier moment, so events that you have read may be gone. Go on from the cursor of this "
                + "problem. Leave out events whose ids you know already."
        ) with
        {
            Cursor = cursor,
        };

    public static ProblemDocument RestoredExport(string cursor) =>
        Problem.Document(
            409,
            "feed-restored",
            "The database was restored to an earlier moment while the events were exported, so some of them may be gone. Export the "
                + "period again. Or go on from the cursor of this problem by GET /v1/events with the same types, resource and programme."
        ) with
        {
            Cursor = cursor,
        };

    public static ProblemException TooManyTrees() =>
        Problem.Malformed(
            "programme",
            $"You see more than {FeedPositions.MaxTrees} trees, and one cursor follows {FeedPositions.MaxTrees}. Name programmes by "
                + "their ids, separated by commas; 'platform' names what belongs to none."
        );
}

using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Feed;

namespace GpuGrants.Api.Feed;

/// <summary>The feed's cursor: positions as clients carry them. A page's <c>nextCursor</c> and a stream's event ids are the same.</summary>
internal sealed class FeedCursor(Cursor cursors, string scope)
{
    /// <summary>The cursor of a call, which is bound to its filters. <c>from</c> only says where to begin and is no filter.</summary>
    public static FeedCursor Of(HttpContext http) => new(http.RequestServices.GetRequiredService<Cursor>(), Paging.Scope(http, "from"));

    /// <summary>The cursor by which the list of events goes on, with the filters of an export.</summary>
    public static FeedCursor OfListFor(HttpContext http) =>
        new(
            http.RequestServices.GetRequiredService<Cursor>(),
            Paging.Scope("/v1/events", http.Request.Query.Where(pair => pair.Key is "types" or "resource" or "programme"))
        );

    /// <summary>Where the call goes on: the cursor, or the last event id of a stream that broke off; null for neither.</summary>
    /// <exception cref="ProblemException">It is none of ours, or of other filters.</exception>
    public IReadOnlyList<FeedPosition>? Read(HttpContext http)
    {
        var text = http.Request.Query["cursor"] is { Count: > 0 } sent ? sent.ToString() : http.Request.Headers["Last-Event-ID"].ToString();
        if (text.Length == 0)
            return null;
        return FeedPositions.TryRead(cursors.ReadState(text, scope), out var positions) ? positions : throw Cursor.Foreign();
    }

    public string Write(IReadOnlyList<FeedPosition> positions) => cursors.WriteState(FeedPositions.Write([.. positions]), scope);
}

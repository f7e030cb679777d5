using System.Net;

namespace GpuGrants.Api.Tests.World;

/// <summary>Lists that are read to their end, page by page.</summary>
internal static class Pages
{
    /// <summary>Every page of a list.</summary>
    /// <param name="path">The list with a query.</param>
    public static IAsyncEnumerable<Reply> PagesAsync(this Person by, string path) => ReadAsync(page => by.Get(page), path);

    /// <summary>The ids of all offers that a search finds, read without a token.</summary>
    public static async Task<List<Guid>> PagedOffersAsync(this TestWorld world, string query, int limit)
    {
        var found = new List<Guid>();
        await foreach (var page in ReadAsync(path => world.ReadAsync(path), $"/v1/offers/search?{query}&limit={limit}"))
            found.AddRange(page["data"].AsArray().Select(one => one!["offerId"]!.GetValue<Guid>()));
        return found;
    }

    private static async IAsyncEnumerable<Reply> ReadAsync(Func<string, Task<Reply>> read, string path)
    {
        for (string? rest = ""; rest is not null; )
        {
            var page = (await read(path + rest)).Expect(HttpStatusCode.OK);
            yield return page;
            rest = page.Body!["nextCursor"]?.GetValue<string>() is { } next ? "&cursor=" + Uri.EscapeDataString(next) : null;
        }
    }
}

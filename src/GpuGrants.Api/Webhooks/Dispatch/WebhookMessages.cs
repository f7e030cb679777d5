using BitFaster.Caching.Lru;
using GpuGrants.Api.Events;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>Messages that were made lately, by event and format. An event never changes, so neither do its bytes.</summary>
internal sealed class WebhookMessages
{
    private const int MaxMessages = 1_024;

    private readonly ConcurrentLru<(Guid Event, string Format), WebhookMessage> _made = new(MaxMessages);

    /// <summary>The message of an event.</summary>
    /// <param name="format">The endpoint's.</param>
    /// <param name="row">The event.</param>
    /// <returns>The same bytes for each endpoint of the format.</returns>
    public WebhookMessage Of(string format, Event row) =>
        _made.GetOrAdd((row.Id, format), static (key, made) => WebhookMessage.Of(key.Format, made), row);
}

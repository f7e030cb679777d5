using BitFaster.Caching.Lru;
using GpuGrants.Api.Feed;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>What the work for an endpoint needs.</summary>
public sealed class WebhookTools(
    NpgsqlDataSource database,
    FeedReader reader,
    WebhookStore store,
    DeliveryLog log,
    WebhookSender sender,
    TimeProvider clock,
    IOptions<WebhookOptions> options
)
{
    private const int MaxPartSizes = 1_024;

    internal NpgsqlDataSource Database => database;

    internal FeedReader Reader => reader;

    internal WebhookStore Store => store;

    internal DeliveryLog Log => log;

    internal WebhookSender Sender => sender;

    /// <summary>Events that several endpoints are told of become bytes once.</summary>
    internal WebhookMessages Messages { get; } = new();

    /// <summary>
    /// How many events an endpoint, as it is since its last change, took at once when it was last worked for. One that is not here begins
    /// with little.
    /// </summary>
    internal ConcurrentLru<(Guid Endpoint, long Version), int> PartSizes { get; } = new(MaxPartSizes);

    internal TimeProvider Clock => clock;

    /// <summary>How long deliveries are kept, and events that wait for the end of a suspension.</summary>
    internal TimeSpan Kept => TimeSpan.FromDays(options.Value.KeepDays);

    /// <summary>How long an endpoint belongs to its dispatcher without a renewal.</summary>
    internal TimeSpan Lease => TimeSpan.FromSeconds(options.Value.LeaseSeconds);
}

using GpuGrants.Api.Feed;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>What the work for an endpoint needs.</summary>
public sealed class WebhookTools(
    NpgsqlDataSource database,
    FeedReader reader,
    WebhookStore store,
    WebhookSender sender,
    TimeProvider clock,
    IOptions<WebhookOptions> options
)
{
    internal NpgsqlDataSource Database => database;

    internal FeedReader Reader => reader;

    internal WebhookStore Store => store;

    internal WebhookSender Sender => sender;

    /// <summary>Events that several endpoints are told of become bytes once.</summary>
    internal WebhookMessages Messages { get; } = new();

    internal TimeProvider Clock => clock;

    /// <summary>How long an endpoint belongs to its dispatcher without a renewal.</summary>
    internal TimeSpan Lease => TimeSpan.FromSeconds(options.Value.LeaseSeconds);
}

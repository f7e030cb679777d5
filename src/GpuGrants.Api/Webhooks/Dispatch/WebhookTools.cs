using GpuGrants.Api.Feed;
using Npgsql;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>What the work for an endpoint needs.</summary>
public sealed class WebhookTools(NpgsqlDataSource database, FeedReader reader, WebhookStore store, WebhookSender sender, TimeProvider clock)
{
    internal NpgsqlDataSource Database => database;

    internal FeedReader Reader => reader;

    internal WebhookStore Store => store;

    internal WebhookSender Sender => sender;

    internal TimeProvider Clock => clock;
}

using System.Net;
using GpuGrants.Api.Tests.World;
using GpuGrants.Api.Webhooks.Dispatch;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>Webhooks, in the words of the domain.</summary>
internal static class WebhookScenes
{
    /// <summary>The setting with which the service also calls receivers on this machine.</summary>
    public const string Loopback = "--Webhooks:AllowedNetworks:0=127.0.0.0/8";

    /// <summary>One run of the dispatcher. It ends when nothing is due any more.</summary>
    public static Task DispatchAsync(this TestWorld world) =>
        world.Services.GetRequiredService<WebhookDispatcher>().RunAsync(CancellationToken.None);

    /// <summary>Takes the leases from whoever has them, as a pause of its replica for longer than the leases does.</summary>
    public static Task<long> FreeLeasesAsync(this TestWorld world) =>
        world.ScalarAsync<long>(
            "with freed as (update webhook_dispatch set leased_by = null, leased_until = null returning 1) select count(*) from freed"
        );

    /// <summary>The database refuses from now on to keep how far endpoints were told, so each run breaks that has new events.</summary>
    public static Task<long> RefusePositionsAsync(this TestWorld world) =>
        world.ScalarAsync<long>(
            "create or replace function refuse() returns trigger language plpgsql as $$ begin raise check_violation; end $$; "
                + "create trigger refuse before insert or update on webhook_positions for each row execute function refuse(); "
                + "select 1::bigint"
        );

    /// <summary>Takes <see cref="RefusePositionsAsync"/> back.</summary>
    public static Task<long> KeepPositionsAsync(this TestWorld world) =>
        world.ScalarAsync<long>("drop trigger refuse on webhook_positions; select 1::bigint");

    /// <summary>The key is gone that encrypted the secrets of all endpoints.</summary>
    public static Task<long> LoseSecretsAsync(this TestWorld world) =>
        world.ScalarAsync<long>("update webhook_endpoints set secret = '\\x00'; select 1::bigint");

    /// <summary>An endpoint that somebody makes: of its owner's requests, unless types are named.</summary>
    public static Task<Reply> NewEndpoint(this Person person, string kind, Guid owner, string url, params string[] types) =>
        person.Post(
            "/v1/webhook-endpoints",
            new
            {
                ownerKind = kind,
                ownerId = owner,
                url,
                types = types is [] ? ["request.*"] : types,
            }
        );

    /// <summary>The path of a new endpoint: of its owner's requests, unless types are named.</summary>
    public static async Task<string> Endpoint(this Person person, string kind, Guid owner, string url, params string[] types)
    {
        var made = (await person.NewEndpoint(kind, owner, url, types)).Expect(HttpStatusCode.Created);
        return $"/v1/webhook-endpoints/{made.Id}";
    }
}

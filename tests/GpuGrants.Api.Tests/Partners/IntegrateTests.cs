using System.Text;
using System.Text.Json;
using GpuGrants.Api.Tests.Webhooks;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>The guide for integrators, as it is written, against a real service.</summary>
public sealed class IntegrateTests
{
    [Fact]
    public async Task Every_snippet_of_the_guide_runs_from_nothing_to_a_grant_to_webhooks()
    {
        using var guide = await Guide.OpenAsync("integrate.md", atLeast: 16);
        if (guide is null)
            return;

        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, WebhookScenes.Loopback]);
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (got, _) =>
        {
            File.WriteAllText(Path.Combine(guide.Folder.FullName, "delivery.json"), Delivery(got));
            return 200;
        };
        await world.Scene();
        using var shell = guide.Start([.. world.ForGuides(), ("RECEIVER", receiver.Url)]);
        await world.TypeMailedCodeAsync(shell, "mina@example.org");
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from grants"));
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from partner_people where status = 'removed'"));
    }

    private static string Delivery(Received got) =>
        JsonSerializer.Serialize(
            new
            {
                id = got.Id,
                timestamp = got.Timestamp,
                signature = got.Signature,
                body = Encoding.UTF8.GetString(got.Body),
            }
        );
}

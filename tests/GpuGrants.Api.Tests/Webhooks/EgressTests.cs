using System.Net;
using GpuGrants.Api.Webhooks;
using GpuGrants.Api.Webhooks.Egress;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Tests.Webhooks;

/// <summary>Which addresses a webhook may reach.</summary>
public sealed class EgressTests
{
    private static readonly EgressRules Public = new([]);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.0.1")]
    [InlineData("168.63.129.16")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.1")]
    [InlineData("192.0.0.192")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.7")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b:1::7f00:1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2002:a00:1::1")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("2001::7f00:1")]
    [InlineData("2001:db8::1")]
    [InlineData("3fff::1")]
    [InlineData("100::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("5f00::1")]
    public void An_address_that_is_not_public_is_refused(string address) => Assert.False(Public.Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("100.63.255.255")]
    [InlineData("169.253.255.255")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2001:4860:4860::8888")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("64:ff9b::101:101")]
    [InlineData("2002:101:101::1")]
    public void A_public_address_is_reached_in_every_form(string address) => Assert.True(Public.Allows(IPAddress.Parse(address)));

    /// <summary>A name is looked up once for a connection, and what it named then is judged and reached.</summary>
    [Fact]
    public async Task A_name_that_changes_its_address_gains_nothing()
    {
        await using var receiver = await Receiver.StartAsync();
        var port = new Uri(receiver.Url).Port;
        // 127.0.0.1 stands for a public address here, and all of the rest of loopback for what is inside.
        var options = Options.Create(new WebhookOptions { AllowedNetworks = ["127.0.0.1/32"] });
        var answers = new Queue<string[]>([
            ["127.0.0.1"],
            ["127.0.0.2"],
            ["127.0.0.2", "127.0.0.1"],
            ["10.0.0.1", "169.254.169.254", "::1"],
            ["::ffff:127.0.0.2"],
            [],
        ]);
        var guard = new EgressGuard(options, (_, _) => Task.FromResult(answers.Dequeue().Select(IPAddress.Parse).ToArray()));
        var reached = new List<bool>();
        while (answers.Count > 0)
        {
            using var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = guard.ConnectAsync });
            try
            {
                using var answer = await http.PostAsync($"http://rebinding.example:{port}/", null);
                reached.Add(true);
            }
            catch (HttpRequestException refused) when (refused.InnerException is EgressRefusedException)
            {
                reached.Add(false);
            }
        }

        Assert.Equal([true, false, true, false, false, false], reached);
        Assert.Equal(2, receiver.All.Count);
    }

    [Theory]
    [InlineData("93.184.215.14")]
    [InlineData("2606:2800:21f:cb07:6820:80da:af6b:8b2c")]
    [InlineData("::ffff:93.184.215.14")]
    public async Task Plain_http_goes_to_allowed_networks_alone(string address)
    {
        var guard = new EgressGuard(
            Options.Create(new WebhookOptions { AllowedNetworks = ["10.1.0.0/16"] }),
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(address)])
        );
        using var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = guard.ConnectAsync });
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync("http://public.example/", null));
        Assert.IsType<EgressRefusedException>(refused.InnerException);
        var own = new EgressRules([IPNetwork.Parse("10.1.0.0/16")]);
        Assert.True(own.AllowsPlain(IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.True(own.Allows(IPAddress.Parse(address)));
    }

    [Fact]
    public void An_allowed_network_is_reached_and_its_neighbours_are_not()
    {
        var own = new EgressRules([IPNetwork.Parse("10.1.0.0/16"), IPNetwork.Parse("fd12::/64")]);
        Assert.True(own.Allows(IPAddress.Parse("10.1.2.3")));
        Assert.True(own.Allows(IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.True(own.Allows(IPAddress.Parse("fd12::9")));
        Assert.False(own.Allows(IPAddress.Parse("10.2.0.1")));
        Assert.False(own.Allows(IPAddress.Parse("fd13::9")));
    }
}

using System.Net;
using GpuGrants.Api.Webhooks.Egress;

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

using System.Net;
using System.Net.Sockets;

namespace GpuGrants.Api.Webhooks.Egress;

/// <summary>
/// Which addresses a webhook may reach: public ones, and those of configured networks. It judges addresses and never names, so a name that
/// changes its address gains nothing.
/// </summary>
public sealed class EgressRules(IReadOnlyList<IPNetwork> allowed)
{
    /// <summary>Networks of IPv4 that are not public (IANA special-purpose registry), cloud metadata among them.</summary>
    private static readonly IPNetwork[] ForbiddenV4 = Networks(
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 "
            + "192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
            + "168.63.129.16/32 224.0.0.0/4 240.0.0.0/4"
    );

    /// <summary>Of IPv6 only global unicast is public, without what is reserved inside it.</summary>
    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] ForbiddenV6 = Networks("2001::/23 2001:db8::/32 2620:4f:8000::/48 3fff::/20 5f00::/16");

    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Whether a webhook may reach the address without encryption: only where a network is configured.</summary>
    public bool AllowsPlain(IPAddress address) => IsConfigured(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private bool IsConfigured(IPAddress address) =>
        allowed.Any(network => network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address));

    /// <summary>Whether a webhook may reach the address by https.</summary>
    public bool Allows(IPAddress address)
    {
        // Forms that carry an IPv4 address reach that address.
        if (address.IsIPv4MappedToIPv6)
            return Allows(address.MapToIPv4());
        if (IsConfigured(address))
            return true;
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !ForbiddenV4.Any(network => network.Contains(address));
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return false;
        if (Nat64.Contains(address))
            return Allows(EmbeddedAt(address, 12));
        if (SixToFour.Contains(address))
            return Allows(EmbeddedAt(address, 2));
        return GlobalV6.Contains(address) && !ForbiddenV6.Any(network => network.Contains(address));
    }

    private static IPAddress EmbeddedAt(IPAddress address, int offset) => new(address.GetAddressBytes().AsSpan(offset, 4));

    private static IPNetwork[] Networks(string text) => [.. text.Split(' ').Select(one => IPNetwork.Parse(one))];
}

using System.Net;
using System.Net.Sockets;

namespace GpuGrants.Api.Http.Limiting;

/// <summary>
/// The remote address in one spelling. What is written down for the audit is the whole address (<see cref="Whole"/>); limits count
/// networks (<see cref="Network"/>).
/// </summary>
internal static class RemoteAddress
{
    private const int PrefixBytes = 8;

    /// <summary>Who calls from afar, whole; null where there is no address.</summary>
    public static IPAddress? RemoteAddressOrNull(this HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address ? Whole(address) : null;

    /// <summary>Who calls from afar, as limits count it; empty where there is no address.</summary>
    public static string RemoteAddressOrPrefix(this HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address ? Network(address) : "";

    /// <summary>
    /// The address in one spelling. A dual-stack socket shows an IPv4 caller as <c>::ffff:192.0.2.7</c>, which is 192.0.2.7. A zone id
    /// names an interface of the machine that wrote it, and says nothing of the caller.
    /// </summary>
    public static IPAddress Whole(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        return address.ScopeId == 0 ? address : new IPAddress(address.GetAddressBytes());
    }

    /// <summary>A network of IPv6 hands out a /64 to one household, so the addresses of one /64 count as one.</summary>
    /// <returns>An IPv4 address, or the prefix of an IPv6 address in hexadecimal digits.</returns>
    public static string Network(IPAddress address)
    {
        var whole = Whole(address);
        return whole.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexStringLower(whole.GetAddressBytes().AsSpan(0, PrefixBytes))
            : whole.ToString();
    }
}

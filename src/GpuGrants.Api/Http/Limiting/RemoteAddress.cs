using System.Net.Sockets;

namespace GpuGrants.Api.Http.Limiting;

/// <summary>The remote address as limits count it.</summary>
internal static class RemoteAddress
{
    private const int PrefixBytes = 8;

    /// <summary>
    /// Who calls from afar. A network of IPv6 hands out a /64 to one household, so the addresses of one /64 count as one.
    /// </summary>
    /// <returns>An IPv4 address, or the prefix of an IPv6 address in hexadecimal digits; empty where there is no address.</returns>
    public static string RemoteAddressOrPrefix(this HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { } address)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, PrefixBytes))
            : address.ToString();
    }
}

using System.Net;
using GpuGrants.Api.Http.Limiting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Access;

/// <summary>Takes the caller's address from configured proxies only. Limits count by it.</summary>
internal sealed class ForwardedFrom(IOptions<ProxyOptions> proxies) : IPostConfigureOptions<ForwardedHeadersOptions>
{
    public void PostConfigure(string? name, ForwardedHeadersOptions options)
    {
        // The framework trusts the loopback address, and with two empty lists it trusts everybody.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        options.ForwardedHeaders = proxies.Value.Any
            ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto
            : ForwardedHeaders.None;
        // Each entry counts as long as a known proxy wrote it.
        options.ForwardLimit = null;
        foreach (var address in proxies.Value.Addresses)
            options.KnownProxies.Add(RemoteAddress.Whole(IPAddress.Parse(address)));
        foreach (var network in proxies.Value.Networks)
            options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
    }
}

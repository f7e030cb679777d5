using GpuGrants.Independence;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>Whom a verdict on a request benefits.</summary>
internal static class RequestParties
{
    /// <summary>Who asked, the organization that asks, the provider that would earn, and the partner that asks for it.</summary>
    public static IReadOnlyList<Party> Of(Request request) =>
        [
            Party.Person(request.RequestedBy),
            Party.Organization(request.OrganizationId),
            .. request.ProviderId is { } provider ? [Party.Provider(provider)] : Array.Empty<Party>(),
            .. request.PartnerId is { } partner ? [Party.Partner(partner)] : Array.Empty<Party>(),
        ];
}

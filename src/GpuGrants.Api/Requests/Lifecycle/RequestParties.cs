using GpuGrants.Independence;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>Whom a verdict on a request benefits.</summary>
internal static class RequestParties
{
    /// <summary>Who asked, the organization that asks, the provider that would earn, and the partner that asks for it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="forProvider">Whether the verdict is the provider's own, which is the provider's to give.</param>
    public static IReadOnlyList<Party> Of(Request request, bool forProvider) =>
        [
            Party.Person(request.RequestedBy),
            Party.Organization(request.OrganizationId),
            .. request.ProviderId is { } provider && !forProvider ? [Party.Provider(provider)] : Array.Empty<Party>(),
            .. request.PartnerId is { } partner ? [Party.Partner(partner)] : Array.Empty<Party>(),
        ];
}

namespace GpuGrants.Api.Http;

/// <summary>The endpoint changes something that a partner may change for an organization or person that consented.</summary>
public sealed record MayPartnersAct;

/// <summary>Puts the mark on endpoints.</summary>
public static class MayPartnersActExtensions
{
    /// <summary>Partners may do it for whom they act; what only reads they may do anyway.</summary>
    public static RouteHandlerBuilder AlsoThroughPartners(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new MayPartnersAct());
}

using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Independence;
using GpuGrants.Trees;

namespace GpuGrants.Api.Access.Independence;

/// <summary>
/// A platform administrator who acts in a provider's place. What changes what a grantee pays or a provider earns needs them to be
/// independent of both sides. Whoever operates the provider too is of its side by right, but never of the grantee's.
/// </summary>
/// <param name="decider">The administrator.</param>
/// <param name="operated">The providers that they operate.</param>
public sealed class StandIn(Decider decider, IReadOnlyCollection<Guid> operated)
{
    /// <summary>Wants the administrator's roles.</summary>
    public void Plan(BatchState batch) => decider.Plan(batch);

    /// <summary>Why they may not act on a grant's usage or settlement; null when they may.</summary>
    /// <param name="batch">Has read their roles.</param>
    /// <param name="grant">Whose organization, provider and programme gain or lose.</param>
    /// <param name="field">The field that names the grant; null where the address does.</param>
    public Refusal? RefuseGrant(BatchState batch, Grant grant, string? field = null)
    {
        var tree = batch.Tree(TreeId.Of(grant.RootProgrammeId));
        var parties = Sides(tree, grant.ProviderId, grant.ProgrammeId, Party.Organization(grant.OrganizationId));
        return Explained(decider.Refuse(batch, tree.At, field, parties));
    }

    /// <summary>Why they may not change what an offer costs, holds or asks for; null when they may.</summary>
    /// <param name="batch">Has read their roles.</param>
    /// <param name="offer">Whose provider, programme and the organizations that asked there gain or lose.</param>
    public Refusal? RefuseOffer(BatchState batch, OfferRow offer)
    {
        var tree = batch.Tree(TreeId.Of(offer.RootProgrammeId));
        var parties = Sides(tree, offer.ProviderId, offer.ProgrammeId, Party.OrganizationsThatAsked(offer.ProgrammeId));
        return Explained(decider.Refuse(batch, tree.At, parties));
    }

    /// <summary>Records that a waiver was used, once the act stands.</summary>
    /// <param name="tree">The tree of what was changed.</param>
    /// <param name="subject">What was changed, by its id.</param>
    public void Decided(BatchState batch, TreeId tree, Guid subject) => decider.Decided(batch, tree, subject);

    private static Refusal? Explained(Refusal? refusal) =>
        refusal is null
            ? null
            : refusal with
            {
                Message = $"{refusal.Message} The provider's own operators may do it.",
                MessageKo = refusal.MessageKo is { } korean ? $"{korean} 제공자의 운영자는 할 수 있습니다." : null,
            };

    private List<Party> Sides(TreeChanges tree, Guid provider, Guid programme, Party grantees) =>
        operated.Contains(provider)
            ? [grantees]
            :
            [
                grantees,
                Party.Provider(provider),
                Party.Programme(tree.Config.Programmes.TryGetValue(programme, out var config) ? config.Path : [programme], []),
            ];
}

/// <summary>Gives endpoints the caller as somebody who stands in for providers.</summary>
public static class StandInExtensions
{
    /// <summary>The caller as one who may stand in for a provider; null for everybody else than platform administrators.</summary>
    public static StandIn? StandIn(this HttpContext http) =>
        http.Caller().IsPlatformAdministrator ? new StandIn(http.Decider(), http.Caller().Providers) : null;
}

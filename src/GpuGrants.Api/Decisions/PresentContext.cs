using GpuGrants.Offers;
using GpuGrants.Trees;

namespace GpuGrants.Api.Decisions;

/// <summary>The context of somebody who asks now, by which rules match: who asks, what for, and who would serve it.</summary>
internal static class PresentContext
{
    /// <summary>What rules know of somebody, whatever they ask for.</summary>
    /// <param name="tree">The programme's tree.</param>
    /// <param name="programmePath">The programme, its parent, and so on up to the root.</param>
    /// <param name="organization">The organization.</param>
    /// <param name="projectId">Its project, if any.</param>
    /// <param name="asker">Who asks. Where no partner does, the organization's own partner counts.</param>
    /// <param name="at">The moment.</param>
    public static QuotaContext Of(
        TreeId tree,
        IReadOnlyList<Guid> programmePath,
        Organization organization,
        Guid? projectId,
        Asker asker,
        DateTimeOffset at
    ) => Of(tree, programmePath, SeenOrganization.Of(organization, at), projectId, asker, at);

    /// <summary>The same of an organization that was looked at before, at the same moment.</summary>
    public static QuotaContext Of(
        TreeId tree,
        IReadOnlyList<Guid> programmePath,
        in SeenOrganization organization,
        Guid? projectId,
        Asker asker,
        DateTimeOffset at
    ) =>
        new()
        {
            RootProgrammeId = tree.Value,
            ProgrammePath = programmePath,
            OrganizationId = organization.Id,
            OrganizationKind = organization.Kind,
            OrganizationCreatedAt = organization.CreatedAt,
            OrganizationVerified = organization.IsVerified,
            ProjectId = projectId,
            MemberId = asker.MemberId,
            AskerId = asker.PersonId == asker.MemberId ? null : asker.PersonId,
            OwnerIds = organization.OwnerIds,
            PartnerId = asker.PartnerId ?? organization.PartnerId,
            RequestedAt = at,
        };

    /// <summary>All that rules may ask about a request if this offer served it.</summary>
    /// <param name="asking">Who asks.</param>
    /// <param name="gpus">GPUs to use at once.</param>
    /// <param name="tags">What the request says of itself.</param>
    /// <param name="offer">The offer; null when none serves it.</param>
    public static QuotaContext ServedBy(this QuotaContext asking, int gpus, IReadOnlyList<string> tags, Offer? offer) =>
        asking with
        {
            GpuModelId = offer?.GpuModelId,
            GpuClass = offer?.GpuClass,
            GpuMemoryGib = offer?.GpuMemoryGib,
            ProviderId = offer?.ProviderId,
            OfferId = offer?.Id,
            Region = offer?.Region,
            Tags = tags,
            Gpus = gpus,
        };
}

using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Requests;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas.Headroom;

/// <summary>What rules know of somebody, whatever they ask for. A request for GPU time adds what it asks and who would serve it.</summary>
internal static class SubjectContext
{
    public static QuotaContext Of(
        TreeChanges tree,
        IReadOnlyList<Guid> programmePath,
        Organization organization,
        Guid? projectId,
        Actor actor
    ) => Of(tree.Id, programmePath, organization, projectId, actor, tree.At);

    public static QuotaContext Of(
        TreeId tree,
        IReadOnlyList<Guid> programmePath,
        Organization organization,
        Guid? projectId,
        Actor actor,
        DateTimeOffset at
    ) => Of(tree, programmePath, organization, projectId, actor.Member, actor.Person, actor.Acting?.PartnerId, at);

    /// <param name="tree">The programme's tree.</param>
    /// <param name="programmePath">The programme, its parent, and so on up to the root.</param>
    /// <param name="organization">The organization.</param>
    /// <param name="projectId">Its project, if any.</param>
    /// <param name="memberId">The principal.</param>
    /// <param name="personId">The person behind the principal.</param>
    /// <param name="partnerId">The partner that asks; null when none does, and the organization's own partner counts.</param>
    /// <param name="at">The moment.</param>
    public static QuotaContext Of(
        TreeId tree,
        IReadOnlyList<Guid> programmePath,
        Organization organization,
        Guid? projectId,
        Guid memberId,
        Guid personId,
        Guid? partnerId,
        DateTimeOffset at
    ) =>
        new()
        {
            RootProgrammeId = tree.Value,
            ProgrammePath = programmePath,
            OrganizationId = organization.Id,
            OrganizationKind = organization.Kind,
            OrganizationCreatedAt = organization.CreatedAt,
            OrganizationVerified = organization.VerificationAt(at) > VerificationLevel.Email,
            ProjectId = projectId,
            MemberId = memberId,
            AskerId = personId == memberId ? null : personId,
            OwnerIds = organization.OwnerIds,
            PartnerId = partnerId ?? organization.PartnerId,
            RequestedAt = at,
        };
}

using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Trees;

namespace GpuGrants.Api.Quotas.Standing;

/// <summary>What rules know of somebody who asks for no GPU time: where they stand, or what their limit is.</summary>
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
    ) =>
        new()
        {
            RootProgrammeId = tree.Value,
            ProgrammePath = programmePath,
            OrganizationId = organization.Id,
            OrganizationKind = organization.Kind,
            OrganizationCreatedAt = organization.CreatedAt,
            OrganizationVerified = organization.VerifiedAt is not null,
            ProjectId = projectId,
            MemberId = actor.PrincipalId,
            AskerId = actor.Person == actor.PrincipalId ? null : actor.Person,
            OwnerIds = organization.OwnerIds,
            PartnerId = organization.PartnerId,
            RequestedAt = at,
        };
}

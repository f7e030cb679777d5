using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Organizations;

/// <summary>The project that an ask names.</summary>
internal static class ActiveProject
{
    /// <summary>Checks that the project is the organization's and active. Its row must have been wanted.</summary>
    /// <returns>Null when it is, or when the ask names none.</returns>
    public static Refusal? Check(BatchState batch, Guid? projectId, Guid organizationId) =>
        projectId is null
        || (
            batch.Rows<Project>().Find(new RowKey(projectId.Value)) is { Status: "active" } project
            && project.OrganizationId == organizationId
        )
            ? null
            : Refusal.Invalid("projectId", "The organization has no such active project.");
}

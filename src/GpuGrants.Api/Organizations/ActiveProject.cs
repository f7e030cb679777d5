using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Organizations;

/// <summary>The project that an ask names.</summary>
internal static class ActiveProject
{
    /// <summary>Checks that the project is the organization's and active. Its row must have been wanted.</summary>
    /// <returns>Null when it is, or when the ask names none.</returns>
    public static Refusal? Check(BatchState batch, Guid? projectId, Guid organizationId) =>
        Is(batch, projectId, organizationId)
            ? null
            : Refusal.Invalid("projectId", "The organization has no such active project.") with
            {
                MessageKo = "조직에 그런 활성 프로젝트가 없습니다.",
            };

    /// <summary>Wants the row that <see cref="CheckStill"/> reads.</summary>
    public static void Plan(BatchState batch, Guid? projectId)
    {
        if (projectId is { } id)
            batch.Rows<Project>().Want(new RowKey(id));
    }

    /// <summary>Checks at a verdict that the project of a request is still active.</summary>
    /// <returns>Null when it is, or when the request names none.</returns>
    public static Refusal? CheckStill(BatchState batch, Guid? projectId, Guid organizationId) =>
        Is(batch, projectId, organizationId)
            ? null
            : Refusal.Conflict(
                "project-not-active",
                "The project of the request was closed. Deny the request, or let the organization open the project again.",
                "projectId"
            ) with
            {
                MessageKo = "신청의 프로젝트가 닫혔습니다. 신청을 거절하거나, 조직이 프로젝트를 다시 열도록 해 주십시오.",
            };

    private static bool Is(BatchState batch, Guid? projectId, Guid organizationId) =>
        projectId is null
        || (
            batch.Rows<Project>().Find(new RowKey(projectId.Value)) is { Status: "active" } project
            && project.OrganizationId == organizationId
        );
}

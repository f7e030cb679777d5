using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>Begins the row of a decision: which request it is on, when it is taken, and who acted through which client for whom.</summary>
internal static class NewDecision
{
    /// <returns>A row that still lacks its verdict and who decided.</returns>
    public static Decision Of(TreeChanges tree, Request request, Actor actor) =>
        new()
        {
            RootProgrammeId = tree.RootProgrammeId,
            Id = Guid.CreateVersion7(tree.At),
            RequestId = request.Id,
            RequestVersion = request.Version,
            ActorId = actor.PrincipalId,
            ClientId = actor.ClientId,
            OnBehalfOf = actor.OnBehalfOf,
            CreatedAt = tree.At,
        };
}

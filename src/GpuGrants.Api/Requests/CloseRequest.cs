using GpuGrants.Api.Pipeline;

namespace GpuGrants.Api.Requests;

/// <summary>Closes an open request without a grant: a reviewer denies it, its applicant withdraws it, or its hold has run out.</summary>
internal sealed class CloseRequest : Command
{
    public required Guid RequestId { get; init; }

    public required Closing Closing { get; init; }

    public long? ExpectedVersion { get; init; }

    public string Language { get; init; } = "en";

    public override void Plan(Workspace workspace) => OpenRequest.Plan(workspace, workspace.Tree(Tree), RequestId);

    public override Answer Decide(Workspace workspace)
    {
        var tree = workspace.Tree(Tree);
        return OpenRequest.Check(workspace, tree, RequestId, ExpectedVersion, out var request)
            ?? OpenRequest.Close(workspace, tree, request, Closing, Actor, Language);
    }
}

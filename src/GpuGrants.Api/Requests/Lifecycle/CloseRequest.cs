using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>Closes an open request without a grant: a reviewer denies it, its applicant withdraws it, or its hold has run out.</summary>
internal sealed class CloseRequest : Command<RequestDecided>
{
    public required Guid RequestId { get; init; }

    public required Closing Closing { get; init; }

    public long? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch) => OpenRequest.Plan(batch, batch.Tree(Tree), RequestId);

    public override Outcome<RequestDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        return OpenRequest.Check(batch, tree, RequestId, ExpectedVersion, out var request) is { } refused
            ? refused
            : OpenRequest.Close(batch, tree, request, Closing, Actor);
    }
}

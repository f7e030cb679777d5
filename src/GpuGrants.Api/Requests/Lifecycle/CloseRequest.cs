using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>Closes an open request without a grant: a reviewer denies it, its applicant withdraws it, or its hold has run out.</summary>
internal sealed class CloseRequest : Command<RequestDecided>
{
    public required Guid RequestId { get; init; }

    public required Closing Closing { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    /// <summary>The reviewer who denies; null when the applicant withdraws or nobody decided in time.</summary>
    public Decider? Decider { get; init; }

    /// <summary>Whether the provider denies a grant on its offer.</summary>
    public bool ForProvider { get; init; }

    public override void Plan(BatchState batch)
    {
        RequestInReview.Plan(batch, batch.Tree(Tree), RequestId);
        Decider?.Plan(batch);
    }

    public override Outcome<RequestDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (RequestInReview.Check(batch, tree, RequestId, ExpectedVersion, out var request) is { } refused)
            return refused;
        if (Decider?.Refuse(batch, tree.At, RequestParties.Of(request, ForProvider)) is { } involved)
            return involved;
        var outcome = RequestInReview.Close(batch, tree, request, Closing, Actor);
        if (outcome.Refusal is null)
            Decider?.Decided(batch, Tree, request.Id);
        return outcome;
    }
}

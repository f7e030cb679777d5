using GpuGrants.Api.Requests.Views;

namespace GpuGrants.Api.Requests.Replays;

/// <summary>A decision next to what the same rules say again on what it saw.</summary>
public sealed record ReplayView
{
    /// <summary>The decision that was taken again.</summary>
    public required Guid DecisionId { get; init; }

    /// <summary>Whether verdict and reasons are the same, as they have to be.</summary>
    public required bool Same { get; init; }

    /// <summary>What was decided: approved, review or denied.</summary>
    public required string Verdict { get; init; }

    /// <summary>What is decided again.</summary>
    public required string ReplayedVerdict { get; init; }

    /// <summary>The reasons as they are found again.</summary>
    public required IReadOnlyList<ReasonView> ReplayedReasons { get; init; }
}

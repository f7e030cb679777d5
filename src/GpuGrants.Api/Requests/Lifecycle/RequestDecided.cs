using GpuGrants.Api.Decisions;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>A request with the verdict that a command has just come to.</summary>
/// <param name="Request">As it stands after the verdict.</param>
/// <param name="Decision">The verdict.</param>
/// <param name="Explanation">Its reasons, as the decision stores them.</param>
/// <param name="Quotas">Every quota rule that bore on it; null when no rule was asked.</param>
/// <param name="Grant">The award, if there is one.</param>
public sealed record RequestDecided(
    Request Request,
    Decision Decision,
    DecisionExplanation Explanation,
    QuotaDecision? Quotas = null,
    Grant? Grant = null
);

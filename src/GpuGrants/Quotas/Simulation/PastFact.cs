namespace GpuGrants.Quotas.Simulation;

/// <summary>A fact of the past as a simulation takes it.</summary>
/// <param name="RequestId">The request that it belongs to.</param>
/// <param name="Context">The request's pinned context.</param>
/// <param name="Ask">With the fact that begins a request: what was asked for.</param>
/// <param name="Verdict">With the same fact: what was decided then.</param>
/// <param name="Stays">With the same fact: something else than quotas stood against the request, such as the budget, so it stays as it
/// happened.</param>
public sealed record PastFact(
    Guid RequestId,
    QuotaContext Context,
    QuotaFact Fact,
    QuotaAsk? Ask = null,
    QuotaVerdict? Verdict = null,
    bool Stays = false
);

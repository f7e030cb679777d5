using GpuGrants.Units;

namespace GpuGrants.Quotas.Measures;

/// <summary>What a request asks for, at the rate of the offer that would serve it.</summary>
/// <param name="Time">The GPU time.</param>
/// <param name="Rate">The offer's rate.</param>
/// <param name="Gpus">GPUs at one time.</param>
/// <param name="IsCountedAlready">
/// Whether the asking itself was counted before, as for a request in review and for a counter-offer. It is not counted again.
/// </param>
/// <param name="Life">
/// When the grant could be used. A limit on use then looks at each window in which it could be; without it, at the present one.
/// </param>
public readonly record struct QuotaAsk(GpuTime Time, Rate Rate, int Gpus, bool IsCountedAlready = false, GrantLife? Life = null)
{
    /// <summary>What the time costs at the rate, exactly.</summary>
    public Credits Credits => Rate.CostOf(Time);

    /// <summary>What it would add.</summary>
    public AskedPart Part { get; init; }

    /// <summary>Whether nobody makes a request: a grant changes by a call of its own.</summary>
    public bool IsNoRequest { get; init; }
}

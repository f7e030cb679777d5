using GpuGrants.Units;

namespace GpuGrants.Quotas.Measures;

/// <summary>What a request asks for, at the rate of the offer that would serve it.</summary>
public readonly record struct QuotaAsk(GpuTime Time, Rate Rate, int Gpus)
{
    /// <summary>What the time costs at the rate, exactly.</summary>
    public Credits Credits => Rate.CostOf(Time);
}

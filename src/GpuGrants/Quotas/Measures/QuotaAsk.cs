using GpuGrants.Units;

namespace GpuGrants.Quotas.Measures;

/// <summary>What a request asks for, at the rate of the offer that would serve it.</summary>
public readonly record struct QuotaAsk(GpuTime Time, Rate Rate, int Gpus)
{
    public Credits Credits => Rate.CostOf(Time);
}

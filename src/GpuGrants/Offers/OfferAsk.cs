using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>What a request wants of an offer.</summary>
public sealed record OfferAsk
{
    /// <summary>The GPU time asked for.</summary>
    public required GpuTime Time { get; init; }

    /// <summary>GPUs that run at one time; at least 1.</summary>
    public required int Gpus { get; init; }

    /// <summary>Acceptable GPU models; empty for any.</summary>
    public required IReadOnlyList<string> GpuModels { get; init; }

    /// <summary>The least memory of each GPU, in GiB; null for any.</summary>
    public int? MinGpuMemoryGib { get; init; }

    /// <summary>The region asked for; null for any.</summary>
    public string? Region { get; init; }

    /// <summary>When the grant would start.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>When it would end.</summary>
    public required DateTimeOffset EndsAt { get; init; }
}

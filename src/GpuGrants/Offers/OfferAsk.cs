using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>What a request wants of an offer.</summary>
public sealed record OfferAsk
{
    /// <summary>The GPU time asked for.</summary>
    public required GpuTime Time { get; init; }

    /// <summary>Whether the GPUs are to be its own from start to end. Only dated tranches can give them.</summary>
    public bool IsReserved { get; init; }

    /// <summary>GPUs that run at one time; at least 1.</summary>
    public required int Gpus { get; init; }

    /// <summary>Acceptable GPU models; empty for any.</summary>
    public required IReadOnlyList<string> GpuModels { get; init; }

    /// <summary>The least memory of each GPU, in GiB; null for any.</summary>
    public int? MinGpuMemoryGib { get; init; }

    /// <summary>The region asked for; null for any.</summary>
    public string? Region { get; init; }

    /// <summary>The kind of the organization that asks; null while nobody is known to ask.</summary>
    public string? Kind { get; init; }

    /// <summary>Its country; null while nobody is known to ask.</summary>
    public string? Country { get; init; }

    /// <summary>When the grant would start.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>When it would end.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>What all its GPUs are from start to end.</summary>
    public GpuTime Whole() => GpuTime.FromSeconds(Gpus * Math.Max(0, (long)(EndsAt - StartsAt).TotalSeconds));
}

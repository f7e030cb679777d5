using GpuGrants.Units;

namespace GpuGrants.Offers;

/// <summary>What a request wants of an offer.</summary>
public sealed record OfferAsk
{
    public required GpuTime Time { get; init; }

    public required int Gpus { get; init; }

    /// <summary>Acceptable GPU models; empty for any.</summary>
    public required IReadOnlyList<string> GpuModels { get; init; }

    public int? MinGpuMemoryGib { get; init; }

    public string? Region { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public required DateTimeOffset EndsAt { get; init; }
}

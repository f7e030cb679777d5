using GpuGrants.Client;

namespace GpuGrants.Tool.Replay;

/// <summary>What one GPU model of the trace became: a provider, its operator's client and its offer.</summary>
/// <param name="Model">The GPU model's id.</param>
/// <param name="ProviderId">Who runs all nodes of the model.</param>
/// <param name="OfferId">The provider's only offer.</param>
/// <param name="CapacityGpuSeconds">What the offer's tranches have together.</param>
/// <param name="TraceGpuSeconds">What its GPUs can give while the trace lasts.</param>
/// <param name="Rate">Credits per GPU-hour.</param>
/// <param name="Operator">Reports usage.</param>
public sealed record StageOffer(
    string Model,
    Guid ProviderId,
    Guid OfferId,
    long CapacityGpuSeconds,
    long TraceGpuSeconds,
    decimal Rate,
    GpuGrantsClient Operator
);

/// <summary>What exists before the first task arrives.</summary>
public sealed class Stage : IDisposable
{
    public required Guid ProgrammeId { get; init; }

    /// <summary>The commonest model, which is the cheapest, first.</summary>
    public required IReadOnlyList<StageOffer> Offers { get; init; }

    /// <summary>Each organization's owner.</summary>
    public required IReadOnlyList<GpuGrantsClient> Owners { get; init; }

    public required GpuGrantsClient Administrator { get; init; }

    public required GpuGrantsClient Reviewer { get; init; }

    /// <summary>The offer that the service would choose first for these models.</summary>
    public StageOffer? Cheapest(IReadOnlyList<string> models) =>
        Offers.FirstOrDefault(offer => models.Count == 0 || models.Contains(offer.Model));

    public void Dispose()
    {
        foreach (var owner in Owners)
            owner.Dispose();
        foreach (var offer in Offers)
            offer.Operator.Dispose();
        Reviewer.Dispose();
        Administrator.Dispose();
    }
}

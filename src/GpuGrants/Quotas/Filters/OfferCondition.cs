namespace GpuGrants.Quotas.Filters;

/// <summary>Only these offers.</summary>
public sealed record OfferCondition(IReadOnlyList<Guid> Ids) : IdCondition(Ids)
{
    /// <inheritdoc/>
    public override string Member => "offers";

    private protected override IndexField Field => IndexField.Offer;

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Ids("offers") is { Count: > 0 } stated ? new OfferCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => IsNamed(context.OfferId);
}

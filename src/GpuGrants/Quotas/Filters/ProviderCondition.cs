namespace GpuGrants.Quotas.Filters;

/// <summary>Only offers of these providers.</summary>
public sealed record ProviderCondition(IReadOnlyList<Guid> Ids) : IdCondition(Ids)
{
    /// <inheritdoc/>
    public override string Member => "providers";

    private protected override IndexField Field => IndexField.Provider;

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Ids("providers") is { Count: > 0 } stated ? new ProviderCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => IsNamed(context.ProviderId);
}

namespace GpuGrants.Quotas.Filters;

/// <summary>Only offers in these regions.</summary>
public sealed record RegionCondition(IReadOnlyList<string> Names) : NameCondition(Names)
{
    /// <inheritdoc/>
    public override string Member => "regions";

    private protected override IndexField Field => IndexField.Region;

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Texts("regions") is { Count: > 0 } stated ? new RegionCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => IsNamed(context.Region);
}

namespace GpuGrants.Quotas.Filters;

/// <summary>Only what one of these partners asks for, and what organizations ask themselves whose first partner it is.</summary>
public sealed record PartnerCondition(IReadOnlyList<Guid> Ids) : IdCondition(Ids)
{
    /// <inheritdoc/>
    public override string Member => "partners";

    // A context's partner is looked up among its subjects.
    private protected override IndexField Field => IndexField.Subject;

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Ids("partners") is { Count: > 0 } stated ? new PartnerCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => IsNamed(context.PartnerId);
}

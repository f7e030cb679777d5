namespace GpuGrants.Quotas.Filters;

/// <summary>Only GPUs of these models.</summary>
public sealed record GpuModelCondition(IReadOnlyList<string> Names) : NameCondition(Names)
{
    /// <inheritdoc/>
    public override string Member => "gpuModels";

    private protected override IndexField Field => IndexField.Model;

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Texts("gpuModels") is { Count: > 0 } stated ? new GpuModelCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => IsNamed(context.GpuModelId);
}

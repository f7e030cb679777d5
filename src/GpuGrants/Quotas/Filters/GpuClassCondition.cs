namespace GpuGrants.Quotas.Filters;

/// <summary>Only GPUs of these classes.</summary>
public sealed record GpuClassCondition(IReadOnlyList<string> Names) : NameCondition(Names)
{
    /// <inheritdoc/>
    public override string Member => "gpuClasses";

    private protected override IndexField Field => IndexField.GpuClass;

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Texts("gpuClasses") is { Count: > 0 } stated ? new GpuClassCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => IsNamed(context.GpuClass);
}

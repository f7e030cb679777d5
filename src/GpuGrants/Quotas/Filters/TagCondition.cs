namespace GpuGrants.Quotas.Filters;

/// <summary>Only requests with at least one of these tags.</summary>
public sealed record TagCondition(IReadOnlyList<string> Names) : NameCondition(Names)
{
    /// <inheritdoc/>
    public override string Member => "tags";

    private protected override IndexField Field => IndexField.Tag;

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Texts("tags") is { Count: > 0 } stated ? new TagCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context)
    {
        for (var i = 0; i < context.Tags.Count; i++)
        {
            if (IsNamed(context.Tags[i]))
                return true;
        }

        return false;
    }
}

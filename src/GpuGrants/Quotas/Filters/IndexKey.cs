namespace GpuGrants.Quotas.Filters;

/// <summary>What a rule can be filed under.</summary>
internal enum IndexField
{
    Scope,
    Subject,
    Kind,
    Model,
    GpuClass,
    Region,
    Tag,
    Provider,
    Offer,
}

/// <summary>One value of a field: an id, or a name.</summary>
internal readonly record struct IndexKey(IndexField Field, Guid Id, string? Name)
{
    public static IndexKey Of(IndexField field, Guid id) => new(field, id, null);

    public static IndexKey Of(IndexField field, string name) => new(field, Guid.Empty, name);
}

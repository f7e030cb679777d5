using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Filters;

/// <summary>
/// One condition of a filter. The hierarchy is closed: each case says in one file how it is read, written, checked, and when it holds.
/// </summary>
public abstract record FilterCondition
{
    private protected FilterCondition() { }

    /// <summary>How each kind is read from a filter; null when the filter does not state it.</summary>
    internal static IReadOnlyList<Func<JsonFields, FilterCondition?>> Readers { get; } =
    [
        GpuModelCondition.Read,
        GpuClassCondition.Read,
        MinGpuMemoryCondition.Read,
        ProviderCondition.Read,
        OfferCondition.Read,
        PartnerCondition.Read,
        RegionCondition.Read,
        TagCondition.Read,
        MinOrganizationAgeCondition.Read,
        MaxOrganizationAgeCondition.Read,
        VerifiedCondition.Read,
    ];

    /// <summary>The filter's member that states it.</summary>
    public abstract string Member { get; }

    /// <summary>Whether it asks of the organization alone, so that it holds or not whatever is requested.</summary>
    internal virtual bool IsOfOrganization => false;

    /// <summary>
    /// Where the index may file a rule that states it: one of the keys is the context's when it holds; empty for nowhere.
    /// </summary>
    internal virtual IReadOnlyList<IndexKey> IndexKeys => [];

    /// <summary>A text that two conditions share exactly when they mean the same.</summary>
    internal abstract string Canonical { get; }

    /// <summary>Whether what happens in the context meets it.</summary>
    public abstract bool Holds(QuotaContext context);

    /// <summary>Its value in a document.</summary>
    internal abstract JsonNode ToJson();

    /// <summary>Finds what is wrong with it: the field, the code and the message.</summary>
    internal virtual void Check(Action<string, string, string> add) { }
}

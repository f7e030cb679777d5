using System.Globalization;
using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Filters;

/// <summary>Only organizations that were younger than this many days when they asked.</summary>
public sealed record MaxOrganizationAgeCondition(int Days) : FilterCondition
{
    /// <inheritdoc/>
    public override string Member => "maxOrganizationAgeDays";

    internal override bool IsOfOrganization => true;

    internal override string Canonical => Days.ToString(CultureInfo.InvariantCulture);

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Integer("maxOrganizationAgeDays") is { } stated ? new MaxOrganizationAgeCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => context.RequestedAt - context.OrganizationCreatedAt < TimeSpan.FromDays(Days);

    internal override JsonNode ToJson() => JsonValue.Create(Days);

    internal override void Check(Action<string, string, string> add)
    {
        if (Days is <= 0 or > 36_500)
            add("filter.maxOrganizationAgeDays", "never-matches", "State between 1 and 36,500 days.");
    }
}

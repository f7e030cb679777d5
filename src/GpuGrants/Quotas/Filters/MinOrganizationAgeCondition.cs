using System.Globalization;
using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Filters;

/// <summary>Only organizations that were at least this many days old when they asked.</summary>
public sealed record MinOrganizationAgeCondition(int Days) : FilterCondition
{
    /// <inheritdoc/>
    public override string Member => "minOrganizationAgeDays";

    internal override bool IsOfOrganization => true;

    internal override string Canonical => Days.ToString(CultureInfo.InvariantCulture);

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Integer("minOrganizationAgeDays") is { } stated ? new MinOrganizationAgeCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => context.RequestedAt - context.OrganizationCreatedAt >= TimeSpan.FromDays(Days);

    internal override JsonNode ToJson() => JsonValue.Create(Days);

    internal override void Check(Action<string, string, string> add)
    {
        if (Days < 0)
            add("filter.minOrganizationAgeDays", "negative-limit", "An age cannot be negative.");
        if (Days > 36_500)
            add("filter.minOrganizationAgeDays", "never-matches", "No organization is older than 36,500 days.");
    }
}

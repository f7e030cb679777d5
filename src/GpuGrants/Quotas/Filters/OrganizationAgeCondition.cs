using System.Globalization;
using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Filters;

/// <summary>Only organizations of some age when they asked.</summary>
/// <param name="Days">The age that is compared with theirs.</param>
public abstract record OrganizationAgeCondition(int Days) : FilterCondition
{
    /// <summary>More days than this are an error: no organization becomes so old.</summary>
    private protected const int MaxDays = 36_500;

    internal override bool IsOfOrganization => true;

    internal override string Canonical => Days.ToString(CultureInfo.InvariantCulture);

    internal override JsonNode ToJson() => JsonValue.Create(Days);

    /// <summary>Whether the organization was younger than the days.</summary>
    private protected bool IsYounger(QuotaContext context) => context.RequestedAt - context.OrganizationCreatedAt < TimeSpan.FromDays(Days);
}

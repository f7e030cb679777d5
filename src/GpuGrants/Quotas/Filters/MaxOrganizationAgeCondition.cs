namespace GpuGrants.Quotas.Filters;

/// <summary>Only organizations that were younger than this many days when they asked.</summary>
public sealed record MaxOrganizationAgeCondition(int Days) : OrganizationAgeCondition(Days)
{
    /// <inheritdoc/>
    public override string Member => "maxOrganizationAgeDays";

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Integer("maxOrganizationAgeDays") is { } stated ? new MaxOrganizationAgeCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => IsYounger(context);

    internal override void Check(Action<string, string, string> add)
    {
        if (Days is <= 0 or > MaxDays)
            add("filter.maxOrganizationAgeDays", "never-matches", "State between 1 and 36,500 days.");
    }
}

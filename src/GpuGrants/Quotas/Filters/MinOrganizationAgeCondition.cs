namespace GpuGrants.Quotas.Filters;

/// <summary>Only organizations that were at least this many days old when they asked.</summary>
public sealed record MinOrganizationAgeCondition(int Days) : OrganizationAgeCondition(Days)
{
    /// <inheritdoc/>
    public override string Member => "minOrganizationAgeDays";

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Integer("minOrganizationAgeDays") is { } stated ? new MinOrganizationAgeCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => !IsYounger(context);

    internal override void Check(Action<string, string, string> add)
    {
        if (Days < 0)
            add("filter.minOrganizationAgeDays", "negative-limit", "An age cannot be negative.");
        if (Days > MaxDays)
            add("filter.minOrganizationAgeDays", "never-matches", "No organization is older than 36,500 days.");
    }
}

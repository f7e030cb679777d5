namespace GpuGrants.Quotas.Filters;

/// <summary>
/// What a rule counts and limits of all that its subjects do. Every stated condition must hold; an empty list states none.
/// </summary>
public sealed record QuotaFilter
{
    public static QuotaFilter Everything { get; } = new();

    public IReadOnlyList<string> GpuModels { get; init; } = [];

    public IReadOnlyList<string> GpuClasses { get; init; } = [];

    /// <summary>Only GPUs with at least this much memory.</summary>
    public int? MinGpuMemoryGib { get; init; }

    public IReadOnlyList<Guid> Providers { get; init; } = [];

    public IReadOnlyList<Guid> Offers { get; init; } = [];

    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>Only requests with at least one of these tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Only organizations that were at least this many days old when they asked.</summary>
    public int? MinOrganizationAgeDays { get; init; }

    /// <summary>Only organizations that were younger than this many days when they asked.</summary>
    public int? MaxOrganizationAgeDays { get; init; }

    /// <summary>Only verified organizations, or only those that are not.</summary>
    public bool? Verified { get; init; }

    /// <summary>Whether there is a condition on the organization.</summary>
    internal bool AsksOfOrganization => Verified is not null || MinOrganizationAgeDays is not null || MaxOrganizationAgeDays is not null;

    /// <summary>Whether there is a condition on the request and what would serve it.</summary>
    internal bool AsksOfRequest =>
        GpuModels.Count + GpuClasses.Count + Regions.Count + Providers.Count + Offers.Count + Tags.Count > 0 || MinGpuMemoryGib is not null;

    /// <summary>The conditions on the request and what would serve it.</summary>
    public bool AllowsRequest(QuotaContext context) => AllowsOffer(context) && Any(Tags, context.Tags);

    /// <summary>The conditions on the organization alone.</summary>
    public bool AllowsOrganization(QuotaContext context)
    {
        if (Verified is { } verified && verified != context.OrganizationVerified)
            return false;
        if (MinOrganizationAgeDays is null && MaxOrganizationAgeDays is null)
            return true;
        var age = context.RequestedAt - context.OrganizationCreatedAt;
        return (MinOrganizationAgeDays is not { } min || age >= TimeSpan.FromDays(min))
            && (MaxOrganizationAgeDays is not { } max || age < TimeSpan.FromDays(max));
    }

    private bool AllowsOffer(QuotaContext context) =>
        Has(GpuModels, context.GpuModelId)
        && Has(GpuClasses, context.GpuClass)
        && Has(Regions, context.Region)
        && Has(Providers, context.ProviderId)
        && Has(Offers, context.OfferId)
        && (MinGpuMemoryGib is not { } memory || context.GpuMemoryGib >= memory);

    private static bool Has(IReadOnlyList<string> wanted, string? actual)
    {
        if (wanted.Count == 0)
            return true;
        for (var i = 0; i < wanted.Count; i++)
        {
            if (string.Equals(wanted[i], actual, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private static bool Has(IReadOnlyList<Guid> wanted, Guid? actual)
    {
        if (wanted.Count == 0)
            return true;
        for (var i = 0; i < wanted.Count; i++)
        {
            if (wanted[i] == actual)
                return true;
        }

        return false;
    }

    private static bool Any(IReadOnlyList<string> wanted, IReadOnlyList<string> actual)
    {
        if (wanted.Count == 0)
            return true;
        for (var i = 0; i < actual.Count; i++)
        {
            if (Has(wanted, actual[i]))
                return true;
        }

        return false;
    }
}

using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Filters;

/// <summary>What a rule counts and limits of all that its subjects do. Every condition must hold.</summary>
public sealed record QuotaFilter
{
    private readonly FilterCondition[] _ofOrganization;
    private readonly FilterCondition[] _ofRequest;

    private QuotaFilter(IReadOnlyList<FilterCondition> conditions)
    {
        Conditions = [.. conditions.OrderBy(one => one.Member, StringComparer.Ordinal)];
        _ofOrganization = [.. conditions.Where(one => one.IsOfOrganization)];
        _ofRequest = [.. conditions.Where(one => !one.IsOfOrganization)];
    }

    /// <summary>States no condition.</summary>
    public static QuotaFilter Everything { get; } = new([]);

    /// <summary>At most one of each kind, in the order of their members' names.</summary>
    public IReadOnlyList<FilterCondition> Conditions { get; }

    /// <summary>Whether there is a condition on the organization.</summary>
    internal bool AsksOfOrganization => _ofOrganization.Length > 0;

    /// <summary>Whether there is a condition on the request and what would serve it.</summary>
    internal bool AsksOfRequest => _ofRequest.Length > 0;

    /// <summary>A text that two filters share exactly when they mean the same.</summary>
    internal string Canonical => string.Join('&', Conditions.Select(one => $"{one.Member}={one.Canonical}"));

    /// <summary>A filter of these conditions.</summary>
    /// <exception cref="ArgumentException">Two are of one kind.</exception>
    public static QuotaFilter Of(params IReadOnlyList<FilterCondition> conditions) =>
        conditions.DistinctBy(one => one.Member).Count() == conditions.Count
            ? new QuotaFilter(conditions)
            : throw new ArgumentException("A filter states each kind of condition once.", nameof(conditions));

    /// <summary>The conditions on the request and what would serve it.</summary>
    public bool AllowsRequest(QuotaContext context) => AllHold(_ofRequest, context);

    /// <summary>The conditions on the organization alone.</summary>
    public bool AllowsOrganization(QuotaContext context) => AllHold(_ofOrganization, context);

    internal static QuotaFilter Read(JsonFields fields)
    {
        var conditions = new List<FilterCondition>();
        foreach (var read in FilterCondition.Readers)
        {
            if (read(fields) is { } stated)
                conditions.Add(stated);
        }

        fields.Done();
        return conditions.Count == 0 ? Everything : new QuotaFilter(conditions);
    }

    /// <summary>Null when there is no condition.</summary>
    internal JsonObject? ToJson()
    {
        var json = new JsonObject();
        foreach (var one in Conditions)
            json.With(one.Member, one.ToJson());
        return json.Count == 0 ? null : json;
    }

    internal void Check(Action<string, string, string> add)
    {
        foreach (var one in Conditions)
            one.Check(add);
        var least = Conditions.OfType<MinOrganizationAgeCondition>().FirstOrDefault()?.Days;
        if (least >= Conditions.OfType<MaxOrganizationAgeCondition>().FirstOrDefault()?.Days)
            add("filter.maxOrganizationAgeDays", "never-matches", "No organization is at least the minimum and younger than the maximum.");
    }

    private static bool AllHold(FilterCondition[] conditions, QuotaContext context)
    {
        foreach (var one in conditions)
        {
            if (!one.Holds(context))
                return false;
        }

        return true;
    }
}

using GpuGrants.Units;

namespace GpuGrants.Quotas.Simulation;

/// <summary>What was handed out in the period, as it happened or as it was simulated.</summary>
public sealed class SimulationSide
{
    private readonly Dictionary<string, long> _secondsByKind = [];
    private readonly SortedDictionary<DateOnly, long> _creditsByDay = [];
    private readonly Dictionary<Guid, long> _secondsByOrganization = [];

    /// <summary>Requests approved at once.</summary>
    public int Approved { get; private set; }

    /// <summary>Requests that went to people.</summary>
    public int Reviewed { get; private set; }

    /// <summary>Requests denied by rule.</summary>
    public int Denied { get; private set; }

    /// <summary>GPU-seconds granted, by kind of organization.</summary>
    public IReadOnlyDictionary<string, long> SecondsByKind => _secondsByKind;

    /// <summary>Units of <see cref="Credits"/> granted on each day of UTC, in order: the budget spent over time.</summary>
    public IReadOnlyDictionary<DateOnly, long> CreditsByDay => _creditsByDay;

    /// <summary>Jain's index over the organizations that asked: 1 when all were granted the same.</summary>
    public double Fairness => FairnessIndex.Jain(_secondsByOrganization.Values);

    internal void Decide(QuotaContext context, QuotaVerdict verdict)
    {
        _secondsByOrganization.TryAdd(context.OrganizationId, 0);
        if (verdict == QuotaVerdict.Approve)
            Approved++;
        else if (verdict == QuotaVerdict.Review)
            Reviewed++;
        else
            Denied++;
    }

    internal void Grant(QuotaContext context, QuotaFact granted)
    {
        Add(_secondsByKind, context.OrganizationKind, granted.Time.Seconds);
        Add(_secondsByOrganization, context.OrganizationId, granted.Time.Seconds);
        Add(_creditsByDay, DateOnly.FromDateTime(granted.At.UtcDateTime), granted.Credits.Units);
    }

    private static void Add<TKey>(IDictionary<TKey, long> sums, TKey key, long amount) =>
        sums[key] = (sums.TryGetValue(key, out var sum) ? sum : 0) + amount;
}

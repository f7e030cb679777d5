namespace GpuGrants.Quotas.Simulation;

/// <summary>
/// Credits that came to a programme's budget or left it otherwise than by a grant: it was funded, passed some on, or ended.
/// </summary>
/// <param name="At">When.</param>
/// <param name="BudgetProgrammeId">Whose budget.</param>
/// <param name="Units">Units of <see cref="GpuGrants.Units.Credits"/>; negative when they left.</param>
public readonly record struct BudgetChange(DateTimeOffset At, Guid BudgetProgrammeId, long Units);

/// <summary>
/// What programmes' budgets would hold in a simulation: the changes as they happened, less what is simulated to be held and granted.
/// </summary>
/// <param name="owners">Of each programme, the one whose budget it spends.</param>
/// <param name="changes">In the order of time.</param>
public sealed class SimulationBudgets(IReadOnlyDictionary<Guid, Guid> owners, IReadOnlyList<BudgetChange> changes)
{
    private readonly Dictionary<Guid, long> _available = [];

    // Of one instant, what came in comes before and what left after everything else: the order within an instant is not known.
    private readonly IReadOnlyList<BudgetChange> _comings = [.. changes.Where(one => one.Units > 0)];
    private readonly IReadOnlyList<BudgetChange> _leavings = [.. changes.Where(one => one.Units < 0)];
    private int _came;
    private int _left;

    /// <summary>Units that the context's programme may spend at <paramref name="at"/>; unbounded where its budget is not known.</summary>
    public long Available(QuotaContext context, DateTimeOffset at)
    {
        if (!owners.TryGetValue(context.ProgrammePath[0], out var owner))
            return long.MaxValue;
        Advance(at);
        return Math.Max(0, _available.GetValueOrDefault(owner));
    }

    /// <summary>Takes part of what happened, or is simulated to happen, into account.</summary>
    public void Apply(QuotaContext context, QuotaFact fact)
    {
        var units = fact.Kind switch
        {
            QuotaFactKind.Held or QuotaFactKind.HeldMore or QuotaFactKind.Granted or QuotaFactKind.ToppedUp or QuotaFactKind.MovedIn =>
                -fact.Credits.Units,
            QuotaFactKind.HoldReleased or QuotaFactKind.Returned or QuotaFactKind.MovedOut => fact.Credits.Units,
            _ => 0,
        };
        if (units != 0 && owners.TryGetValue(context.ProgrammePath[0], out var owner))
            Add(owner, units);
    }

    private void Advance(DateTimeOffset at)
    {
        for (; _came < _comings.Count && _comings[_came].At <= at; _came++)
            Add(_comings[_came].BudgetProgrammeId, _comings[_came].Units);
        for (; _left < _leavings.Count && _leavings[_left].At < at; _left++)
            Add(_leavings[_left].BudgetProgrammeId, _leavings[_left].Units);
    }

    private void Add(Guid owner, long units) => _available[owner] = _available.GetValueOrDefault(owner) + units;
}

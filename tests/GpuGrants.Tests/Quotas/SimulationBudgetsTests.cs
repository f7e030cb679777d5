using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

public class SimulationBudgetsTests
{
    private static readonly Guid Own = Quota.Startup.ProgrammePath[0];
    private static readonly IReadOnlyDictionary<Guid, Guid> Owners = new Dictionary<Guid, Guid> { [Own] = Quota.Root };

    [Fact]
    public void A_budget_is_what_came_less_what_left_and_what_was_held_or_granted()
    {
        var budgets = new SimulationBudgets(Owners, [Moved(0, 100), Moved(2, -30), Moved(3, 50)]);
        Assert.Equal(100, budgets.Available(Quota.Startup, At(0)));
        budgets.Apply(Quota.Startup, QuotaFact.Held(At(1), GpuTime.FromSeconds(36), Credits.FromUnits(20), 1));
        Assert.Equal(80, budgets.Available(Quota.Startup, At(1)));
        budgets.Apply(
            Quota.Startup,
            QuotaFact.HoldReleased(At(1), At(1), GpuTime.FromSeconds(36), Credits.FromUnits(20), 1, isWhole: true)
        );
        budgets.Apply(Quota.Startup, QuotaFact.Granted(At(1), At(1), GpuTime.FromSeconds(36), Credits.FromUnits(60), 1));
        budgets.Apply(Quota.Startup, QuotaFact.Returned(At(1), At(1), GpuTime.FromSeconds(36), Credits.FromUnits(10)));
        Assert.Equal(50, budgets.Available(Quota.Startup, At(1)));
        Assert.Equal(70, budgets.Available(Quota.Startup, At(3)));
    }

    [Fact]
    public void Withdrawals_at_an_instant_come_after_everything_else_at_that_instant()
    {
        var budgets = new SimulationBudgets(Owners, [Moved(1, -40), Moved(1, 100)]);
        Assert.Equal(100, budgets.Available(Quota.Startup, At(1)));
        Assert.Equal(60, budgets.Available(Quota.Startup, At(2)));
    }

    [Fact]
    public void A_programme_whose_budget_is_not_known_is_not_bounded_by_one() =>
        Assert.Equal(
            long.MaxValue,
            new SimulationBudgets(Owners, []).Available(Quota.Startup with { ProgrammePath = [Quota.Other, Quota.Root] }, At(0))
        );

    private static BudgetChange Moved(int minute, long units) => new(At(minute), Quota.Root, units);

    private static DateTimeOffset At(int minute) => Quota.Noon.AddMinutes(minute);
}

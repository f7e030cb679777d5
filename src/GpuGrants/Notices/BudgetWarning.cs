namespace GpuGrants.Notices;

/// <summary>When the administrators of a programme hear that its budget is low.</summary>
public static class BudgetWarning
{
    /// <summary>Nothing to tell.</summary>
    public const int None = 0;

    /// <summary>The shares of its peak, in percent, at or below which a budget is low, and nearly used up.</summary>
    public static IReadOnlyList<int> Percents { get; } = [20, 5];

    /// <summary>How low a budget is.</summary>
    /// <param name="available">What may still be awarded, in any unit, not negative.</param>
    /// <param name="peak">The most that it had, in the same unit.</param>
    /// <returns><see cref="None"/>, or how many of <see cref="Percents"/> it reached. One that never had anything is not low.</returns>
    public static int LevelOf(long available, long peak) =>
        peak == 0 ? None : Percents.Count(percent => (Int128)available * 100 <= (Int128)peak * percent);
}

namespace GpuGrants.Quotas.Overrides;

/// <summary>What overrides make of a limit.</summary>
public static class LimitRules
{
    /// <summary>
    /// The limit for a subject whose overrides are these: never below nothing, never above <see cref="QuotaUnits.MaxLimit"/>.
    /// </summary>
    public static long Apply(long limit, IReadOnlyList<QuotaOverride> overrides, DateTimeOffset at)
    {
        var result = (Int128)limit;
        foreach (var effect in (ReadOnlySpan<OverrideEffect>)[OverrideEffect.Replace, OverrideEffect.Multiply, OverrideEffect.Add])
        {
            for (var i = 0; i < overrides.Count; i++)
            {
                var one = overrides[i];
                if (one.Effect == effect && one.IsInForce(at))
                    result = Int128.Clamp(Apply(result, effect, one.Amount), 0, QuotaUnits.MaxLimit);
            }
        }

        return (long)result;
    }

    /// <summary>Whether a change of overrides raises the limit, now or at any later moment.</summary>
    /// <param name="limit">The rule's own.</param>
    /// <param name="before">The overrides without the change.</param>
    /// <param name="after">The overrides with it.</param>
    /// <param name="from">From when the change counts.</param>
    public static bool Raises(long limit, IReadOnlyList<QuotaOverride> before, IReadOnlyList<QuotaOverride> after, DateTimeOffset from) =>
        // The limit only changes where an override begins or ends.
        before
            .Concat(after)
            .SelectMany(one => (DateTimeOffset?[])[one.StartsAt, one.Until])
            .OfType<DateTimeOffset>()
            .Where(at => at > from)
            .Prepend(from)
            .Any(at => Apply(limit, after, at) > Apply(limit, before, at));

    private static Int128 Apply(Int128 limit, OverrideEffect effect, long amount) =>
        effect switch
        {
            OverrideEffect.Add => limit + amount,
            OverrideEffect.Multiply => limit * amount / 1_000,
            _ => amount,
        };
}

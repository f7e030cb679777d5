namespace GpuGrants.Quotas.Overrides;

/// <summary>What overrides make of a limit.</summary>
public static class LimitRules
{
    /// <summary>The limit for a subject with these overrides: never below zero, never above <see cref="QuotaUnits.MaxLimit"/>.</summary>
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

    private static Int128 Apply(Int128 limit, OverrideEffect effect, long amount) =>
        effect switch
        {
            OverrideEffect.Add => limit + amount,
            OverrideEffect.Multiply => limit * amount / 1_000,
            _ => amount,
        };
}

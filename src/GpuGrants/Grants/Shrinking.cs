using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Grants;

/// <summary>
/// What a grant can give back while it runs. What may have been used until now and was not reported yet stays: its provider would go
/// without its pay.
/// </summary>
public static class Shrinking
{
    /// <summary>The most that can be given back.</summary>
    /// <param name="terms">The grant's terms as they are.</param>
    /// <param name="used">The exact sum of all records so far.</param>
    /// <param name="at">The moment.</param>
    /// <returns>Whole GPU-seconds.</returns>
    public static GpuTime MostOf(UsageTerms terms, MeteredTime used, DateTimeOffset at) =>
        terms.Most - used.Charged - Settlement.Reserved(terms with { EndsAt = Clamp(at, terms) }, used);

    /// <summary>What a grant with an earlier end or fewer GPUs cannot use any more, beside what it gives back.</summary>
    /// <param name="terms">The grant's terms as they would be, without what it gives back.</param>
    /// <param name="used">The exact sum of all records so far.</param>
    /// <returns>Whole GPU-seconds.</returns>
    public static GpuTime BeyondUse(UsageTerms terms, MeteredTime used) => terms.Most - used.Charged - Settlement.Reserved(terms, used);

    private static DateTimeOffset Clamp(DateTimeOffset at, UsageTerms terms) => at < terms.StartsAt ? terms.StartsAt : at;
}

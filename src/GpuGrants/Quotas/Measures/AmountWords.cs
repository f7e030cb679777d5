namespace GpuGrants.Quotas.Measures;

/// <summary>Amounts of a measure with their unit, as applicants read them.</summary>
internal static class AmountWords
{
    public static string English(long amount, QuotaMeasure measure) =>
        $"{Number(amount, measure)} {EnglishName(measure)}{(IsOne(amount, measure) ? "" : "s")}";

    /// <summary>One of what the measure counts.</summary>
    public static string EnglishName(QuotaMeasure measure) =>
        measure switch
        {
            QuotaMeasure.GpuHoursGranted or QuotaMeasure.GpuHoursUsed => "GPU-hour",
            QuotaMeasure.CreditsGranted => "credit",
            QuotaMeasure.ActiveGrants => "active grant",
            QuotaMeasure.GrantsAwarded => "grant",
            QuotaMeasure.ConcurrentGpus => "GPU",
            QuotaMeasure.OpenRequests => "open request",
            _ => "request",
        };

    /// <remarks>Every unit ends in a consonant (시간, 크레딧, 건, 장), so that the particles after amounts are always the same.</remarks>
    public static string Korean(long amount, QuotaMeasure measure)
    {
        var number = Number(amount, measure);
        return measure switch
        {
            QuotaMeasure.GpuHoursGranted or QuotaMeasure.GpuHoursUsed => $"{number} GPU시간",
            QuotaMeasure.CreditsGranted => $"{number} 크레딧",
            QuotaMeasure.ConcurrentGpus => $"GPU {number}장",
            _ => $"{number}건",
        };
    }

    public static string Number(long amount, QuotaMeasure measure) => AmountText.Write(amount, MeasureRules.UnitOf(measure));

    public static bool IsOne(long amount, QuotaMeasure measure) => Number(amount, measure) == "1";
}

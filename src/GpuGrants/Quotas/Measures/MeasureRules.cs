namespace GpuGrants.Quotas.Measures;

/// <summary>What each measure counts of a fact and asks of a request.</summary>
public static class MeasureRules
{
    public static QuotaUnit UnitOf(QuotaMeasure measure) =>
        measure switch
        {
            QuotaMeasure.GpuHoursGranted or QuotaMeasure.GpuHoursUsed => QuotaUnit.GpuHours,
            QuotaMeasure.CreditsGranted => QuotaUnit.Credits,
            _ => QuotaUnit.Count,
        };

    /// <summary>Whether a rule may count the measure over such a window.</summary>
    public static bool Allows(QuotaMeasure measure, WindowKind window) =>
        measure switch
        {
            QuotaMeasure.ActiveGrants or QuotaMeasure.OpenRequests => window == WindowKind.Concurrent,
            QuotaMeasure.ConcurrentGpus => window is WindowKind.Concurrent or WindowKind.PerRequest,
            QuotaMeasure.GpuHoursGranted or QuotaMeasure.CreditsGranted => window != WindowKind.Concurrent,
            _ => window is not (WindowKind.Concurrent or WindowKind.PerRequest),
        };

    /// <summary>How much of the measure the request would add.</summary>
    public static long Requested(QuotaMeasure measure, in QuotaAsk ask) =>
        measure switch
        {
            QuotaMeasure.GpuHoursGranted or QuotaMeasure.GpuHoursUsed => ask.Time.Seconds,
            QuotaMeasure.CreditsGranted => ask.Credits.Units,
            QuotaMeasure.ConcurrentGpus => ask.Gpus,
            _ => 1,
        };

    /// <summary>How a fact changes what is used and held.</summary>
    public static (long Used, long Held) Change(QuotaMeasure measure, bool refunds, QuotaFact fact) =>
        measure switch
        {
            QuotaMeasure.GpuHoursGranted => Awarded(fact, fact.Time.Seconds, refunds),
            QuotaMeasure.CreditsGranted => Awarded(fact, fact.Credits.Units, refunds),
            QuotaMeasure.GpuHoursUsed => fact.Kind == QuotaFactKind.Used ? (fact.Time.Seconds, 0) : default,
            QuotaMeasure.ActiveGrants => Running(fact, 1),
            QuotaMeasure.ConcurrentGpus => Running(fact, fact.Gpus),
            QuotaMeasure.GrantsAwarded => fact.Kind == QuotaFactKind.GrantEnded ? default : Running(fact, 1),
            QuotaMeasure.OpenRequests => (One(fact, QuotaFactKind.Requested) - One(fact, QuotaFactKind.RequestClosed), 0),
            _ => (One(fact, QuotaFactKind.Requested), 0),
        };

    /// <summary>
    /// Whether what a rule counted as used may later count no more in the same window: unused amounts by refund, running things by their
    /// end.
    /// </summary>
    public static bool GivesBack(QuotaRule rule) =>
        rule.Measure switch
        {
            QuotaMeasure.GpuHoursGranted or QuotaMeasure.CreditsGranted => rule.Refund,
            QuotaMeasure.ActiveGrants or QuotaMeasure.ConcurrentGpus or QuotaMeasure.OpenRequests => true,
            _ => false,
        };

    private static long One(QuotaFact fact, QuotaFactKind kind) => fact.Kind == kind ? 1 : 0;

    private static (long Used, long Held) Awarded(QuotaFact fact, long amount, bool refunds) =>
        fact.Kind switch
        {
            QuotaFactKind.Held => (0, amount),
            QuotaFactKind.HoldReleased => (0, -amount),
            QuotaFactKind.Granted => (amount, 0),
            QuotaFactKind.Returned when refunds => (-amount, 0),
            _ => default,
        };

    private static (long Used, long Held) Running(QuotaFact fact, long amount) =>
        fact.Kind switch
        {
            QuotaFactKind.Held => (0, amount),
            QuotaFactKind.HoldReleased when fact.IsWhole => (0, -amount),
            QuotaFactKind.Granted => (amount, 0),
            QuotaFactKind.GrantEnded => (-amount, 0),
            _ => default,
        };
}

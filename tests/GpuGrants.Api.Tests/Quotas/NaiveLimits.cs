using NodaTime;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>
/// Counts a rule's windows from all facts, without counters: the most that one subject ever used and held in one true window.
/// </summary>
internal static class NaiveLimits
{
    /// <summary>The worst excess of any subject over the rule's limit; 0 or less when the rule was kept.</summary>
    public static long WorstExcess(CompiledRule rule, IReadOnlyList<(QuotaFact Fact, QuotaContext Context)> facts)
    {
        var worst = long.MinValue;
        var subjects = new Dictionary<SubjectId, List<(QuotaFact Fact, long Change)>>();
        for (var i = 0; i < facts.Count; i++)
        {
            var (fact, context) = facts[i];
            var (used, held) = rule.Rule.Measure.Change(fact, rule.Rule.Refund);
            if (used + held == 0 || !rule.Signature.Covers(context))
                continue;
            var found = new List<SubjectId>();
            rule.Signature.AddSubjects(context, found);
            foreach (var subject in found)
            {
                if (!subjects.TryGetValue(subject, out var list))
                    subjects[subject] = list = [];
                list.Add((fact, used + held));
                // What one event does is looked at as a whole: a hold becomes a grant in two facts of the same instant.
                var isLast = i + 1 == facts.Count || facts[i + 1].Fact.At != fact.At;
                if (isLast)
                    worst = Math.Max(
                        worst,
                        Most(rule.Rule, list, fact) - rule.Rule.Limit!.Value - ((rule.Rule.Window as CyclicWindow)?.CarryOver?.Max ?? 0)
                    );
            }
        }

        return worst;
    }

    private static long Most(QuotaRule rule, List<(QuotaFact Fact, long Change)> facts, QuotaFact at) =>
        rule.Window switch
        {
            PerRequestWindow => facts.Where(one => one.Fact.At == at.At).Max(one => one.Change),
            CalendarWindow calendar => facts
                .Where(one => Start(calendar, one.Fact.CountsAt) == Start(calendar, at.CountsAt))
                .Sum(one => one.Change),
            AnchoredWindow anchored => facts
                .Where(one => Start(anchored, one.Fact.CountsAt) == Start(anchored, at.CountsAt))
                .Sum(one => one.Change),
            FirstUseWindow first => InFirstUse(facts, first.Duration, at.CountsAt),
            RollingWindow rolling => facts
                .Where(one => one.Fact.CountsAt > at.At - rolling.Duration && one.Fact.CountsAt <= at.At)
                .Sum(one => one.Change),
            ConcurrentWindow or LifetimeWindow => facts.Sum(one => one.Change),
            _ => throw new InvalidOperationException($"Say here what counts in a window of kind '{rule.Window.Kind}'."),
        };

    private static long InFirstUse(List<(QuotaFact Fact, long Change)> facts, TimeSpan duration, DateTimeOffset at)
    {
        var starts = new List<DateTimeOffset>();
        foreach (var (fact, change) in facts)
            if (change > 0 && (starts.Count == 0 || fact.CountsAt >= starts[^1] + duration))
                starts.Add(fact.CountsAt);
        return starts
            .Where(start => start <= at && at < start + duration)
            .Select(start => facts.Where(one => start <= one.Fact.CountsAt && one.Fact.CountsAt < start + duration).Sum(one => one.Change))
            .FirstOrDefault();
    }

    /// <summary>The most that was ever used and held in programmes that are or are not <paramref name="child"/>, and in all.</summary>
    public static (long Child, long Others, long All) MostShared(IReadOnlyList<(QuotaFact Fact, QuotaContext Context)> facts, Guid child)
    {
        (long Child, long Others, long All) now = default,
            most = default;
        for (var i = 0; i < facts.Count; i++)
        {
            var (fact, context) = facts[i];
            var (used, held) = QuotaMeasure.GpuHoursGranted.Change(fact, refunds: false);
            if (context.ProgrammePath[0] == child)
                now.Child += used + held;
            else
                now.Others += used + held;
            now.All += used + held;
            if (i + 1 == facts.Count || facts[i + 1].Fact.At != fact.At)
                most = (Math.Max(most.Child, now.Child), Math.Max(most.Others, now.Others), Math.Max(most.All, now.All));
        }

        return most;
    }

    private static DateTimeOffset Start(CalendarWindow window, DateTimeOffset at) =>
        window.Unit == Calendars.CalendarUnit.Hour
            ? new DateTimeOffset(at.Year, at.Month, at.Day, at.Hour, 0, 0, TimeSpan.Zero)
            : new DateTimeOffset(at.Year, at.Month, at.Day, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The first day of an anchored window of one day or one month, by UTC.</summary>
    private static LocalDate Start(AnchoredWindow window, DateTimeOffset at)
    {
        var date = LocalDate.FromDateTime(at.UtcDateTime);
        if (window.Length == Period.FromDays(1))
            return date;
        if (window.Length != Period.FromMonths(1))
            throw new InvalidOperationException($"Say here when a window of {window.Length} begins.");
        var months = (12 * (date.Year - window.Anchor.Year)) + date.Month - window.Anchor.Month;
        return window.Anchor.PlusMonths(months) is var start && start <= date ? start : window.Anchor.PlusMonths(months - 1);
    }
}

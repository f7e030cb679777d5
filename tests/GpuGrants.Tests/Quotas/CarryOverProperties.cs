using System.Globalization;
using CsCheck;

namespace GpuGrants.Tests.Quotas;

/// <summary>
/// What is carried over on random timelines of versions, overrides and late use. <see cref="Diary"/> reckons it day by day, by the words of
/// docs/quotas.md alone.
/// </summary>
public class CarryOverProperties
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<Version> Versions =
        from wait in Gen.Int[0, 70]
        from gap in Gen.OneOfConst(0, 0, 0, 15, 45)
        from limit in Gen.Int[0, 40]
        from min in Gen.OneOfConst(0, 0, 3, 8)
        from more in Gen.Int[0, 90]
        select new Version(wait, gap, limit, min, min + more);

    private static readonly Gen<Exemption> Exemptions =
        from effect in Gen.OneOfConst(OverrideEffect.Replace, OverrideEffect.Multiply, OverrideEffect.Add)
        from amount in Gen.OneOfConst(-15, -4, 0, 1, 6, 30)
        from day in Gen.Int[0, 250]
        from days in Gen.OneOfConst(1, 20, 60, 1_000)
        select new Exemption(effect, amount, day, day + days);

    private static readonly Gen<Use> Uses =
        from wait in Gen.OneOfConst(0, 1, 3, 10, 31)
        from hours in Gen.Int[0, 30]
        from late in Gen.OneOfConst(0, 0, 2, 12, 40, 100)
        select new Use(wait, hours, late);

    [Theory]
    [InlineData("""{"kind":"calendar","unit":"month","timeZone":"UTC" """)]
    [InlineData("""{"kind":"calendar","unit":"day","timeZone":"UTC" """)]
    [InlineData("""{"kind":"anchored","length":"P7D","anchor":"2026-01-01","timeZone":"UTC" """)]
    public void What_is_carried_over_is_what_a_diary_says(string window) =>
        Gen.Select(Versions.Array[1, 4], Exemptions.Array[0, 4], Uses.Array[1, 30])
            .Sample(
                (versions, exemptions, uses) =>
                {
                    var diary = new Diary(window);
                    diary.Publish(versions);
                    // Two overrides of the same effect must not overlap.
                    diary.Exempt(exemptions.DistinctBy(one => one.Effect));
                    var quota = Quota.Of(diary.Policies(), diary.Overrides(), []);
                    var today = 0;
                    foreach (var use in uses)
                    {
                        today += use.WaitDays;
                        var day = Math.Max(0, today - use.LateDays);
                        quota.Happens(QuotaFact.Used(Noon(today), Noon(day), Quota.Hours(use.Hours)));
                        diary.Write(day, use.Hours);
                        AssertStands(quota, diary, today);
                        AssertStands(quota, diary, today + 17);
                    }
                },
                iter: 100
            );

    private static void AssertStands(Quota quota, Diary diary, int day)
    {
        var found = quota.Ask(1, Noon(day)).Evaluations.Select(one => (one.Carried, one.Limit)).ToList();
        (long, long)[] expected = diary.Standing(day) is { } one
            ? [(Quota.Seconds(one.Carried), Quota.Seconds(one.Carried + one.Limit))]
            : [];
        Assert.Equal(expected, found);
    }

    private static DateTimeOffset Noon(int day) => Start.AddDays(day).AddHours(12);

    private sealed record Version(int WaitDays, int GapDays, int Limit, int Min, int Max);

    private sealed record Exemption(OverrideEffect Effect, int Amount, int FromDay, int UntilDay);

    private sealed record Use(int WaitDays, int Hours, int LateDays);

    /// <summary>A rule's life in whole days since the start of 2026. All amounts are GPU-hours.</summary>
    private sealed class Diary(string window)
    {
        /// <summary>No window further back leaves anything.</summary>
        private const int LookBack = 24;

        private readonly List<(int From, int Until, Version Version)> _versions = [];
        private readonly List<Exemption> _exemptions = [];
        private readonly Dictionary<int, decimal> _used = [];

        public void Publish(IReadOnlyList<Version> versions)
        {
            var day = 0;
            foreach (var version in versions)
            {
                var from = day + version.GapDays;
                day = from + 1 + version.WaitDays;
                _versions.Add((from, day, version));
            }

            // The last one stays in force.
            _versions[^1] = _versions[^1] with
            {
                Until = int.MaxValue,
            };
        }

        public void Exempt(IEnumerable<Exemption> exemptions) => _exemptions.AddRange(exemptions);

        public void Write(int day, int hours) => _used[day] = _used.GetValueOrDefault(day) + hours;

        /// <summary>What earlier windows left on a day, and that day's own limit; null when no version is in force.</summary>
        public (decimal Carried, decimal Limit)? Standing(int today)
        {
            if (LimitOn(today) is not { } now)
                return null;
            var first = today;
            for (var windows = 0; windows <= LookBack; windows++)
            {
                while (WindowOf(first - 1) == WindowOf(first))
                    first--;
                first--;
            }

            var (carried, used) = (0m, 0m);
            for (var day = first + 1; WindowOf(day) != WindowOf(today); day++)
            {
                used += _used.GetValueOrDefault(day);
                if (WindowOf(day + 1) == WindowOf(day))
                    continue;
                // The window closes tonight, by what is in force now.
                carried = LimitOn(day) is { } limit
                    ? Math.Min(limit.Version.Max, Math.Max(limit.Version.Min, limit.Hours + carried - used))
                    : 0;
                used = 0;
            }

            return (carried, now.Hours);
        }

        private (decimal Hours, Version Version)? LimitOn(int day)
        {
            if (_versions.Find(one => one.From <= day && day < one.Until) is not { Version: { } version })
                return null;
            var limit = (decimal)version.Limit;
            foreach (var effect in (OverrideEffect[])[OverrideEffect.Replace, OverrideEffect.Multiply, OverrideEffect.Add])
            foreach (var one in _exemptions.Where(one => one.Effect == effect && one.FromDay <= day && day < one.UntilDay))
                limit = Math.Max(
                    0,
                    effect switch
                    {
                        OverrideEffect.Replace => Math.Max(0, one.Amount),
                        OverrideEffect.Multiply => limit * FactorOf(one),
                        _ => limit + one.Amount,
                    }
                );
            return (limit, version);
        }

        /// <summary>A month, a day, or seven days from the first of January 2026 on, also before it.</summary>
        private string WindowOf(int day) =>
            window.Contains("month", StringComparison.Ordinal) ? Start.AddDays(day).ToString("yyyy-MM", CultureInfo.InvariantCulture)
            : window.Contains("day", StringComparison.Ordinal) ? $"{day}"
            : $"{Math.Floor(day / 7.0)}";

        private static decimal FactorOf(Exemption one) => (Math.Abs(one.Amount) + 1) / 2m;

        public PublishedPolicy[] Policies() =>
            [
                .. _versions.Select(
                    (one, i) =>
                        Quota.Published(Quota.Document(Quota.Rule(Members(one.Version))), version: i + 1) with
                        {
                            EffectiveFrom = Start.AddDays(one.From),
                            EffectiveUntil = one.Until == int.MaxValue ? null : Start.AddDays(one.Until),
                        }
                ),
            ];

        public QuotaOverride[] Overrides() =>
            [
                .. _exemptions.Select(one =>
                    Quota.Override(
                        one.Effect,
                        one.Effect switch
                        {
                            OverrideEffect.Replace => Quota.Seconds(Math.Max(0, one.Amount)),
                            OverrideEffect.Multiply => (long)(FactorOf(one) * 1_000),
                            _ => one.Amount * 3_600L,
                        },
                        Start.AddDays(one.FromDay),
                        Start.AddDays(one.UntilDay)
                    )
                ),
            ];

        private string Members(Version version) =>
            $$"""
                "measure":"gpu-hours-used","limit":{"gpuHours":"{{version.Limit}}"},"window":{{window}},
                "carryOver":{"min":{"gpuHours":"{{version.Min}}"},"max":{"gpuHours":"{{version.Max}}"} } }
                """;
    }
}

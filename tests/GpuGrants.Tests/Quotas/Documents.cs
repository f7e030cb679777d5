using CsCheck;
using GpuGrants.Calendars;
using NodaTime;
using NodaTime.Text;

namespace GpuGrants.Tests.Quotas;

/// <summary>Random rules that are fit to be published, about the few subjects, models and tags of <see cref="World"/>.</summary>
internal static class Documents
{
    private static readonly Gen<string[]> Kinds = Some("startup", "student", "university");

    private static readonly Gen<QuotaFilter> Filters =
        from models in Some("h100", "l4")
        from tags in Some("class", "paper", "event")
        from regions in Some("kr", "us")
        from classes in Some("training", "inference")
        from memory in Rarely(Gen.OneOfConst(24, 80))
        from verified in Rarely(Gen.Bool)
        from age in Rarely(Gen.OneOfConst(30, 100))
        from young in Gen.Bool
        select QuotaFilter.Of([
            .. Stated(models, new GpuModelCondition(models)),
            .. Stated(tags, new TagCondition(tags)),
            .. Stated(regions, new RegionCondition(regions)),
            .. Stated(classes, new GpuClassCondition(classes)),
            .. Stated(memory, gib => new MinGpuMemoryCondition(gib)),
            .. Stated(verified, flag => new VerifiedCondition(flag)),
            .. Stated<int>(age, days => young ? new MaxOrganizationAgeCondition(days) : new MinOrganizationAgeCondition(days)),
        ]);

    /// <summary>Rules with a limit.</summary>
    public static Gen<QuotaRule> Limits { get; } =
        from measure in Gen.OneOfConst([.. QuotaMeasure.All])
        from window in Windows(measure)
        from subject in Subjects()
        from filter in Gen.Frequency((1, Gen.Const(QuotaFilter.Everything)), (1, Filters))
        from limit in Amounts(measure)
        from outcome in Gen.Enum<BreachOutcome>()
        from refund in Gen.Bool
        from approvals in Gen.Int[1, 3]
        select new QuotaRule
        {
            Id = "",
            Measure = measure,
            Subject = subject,
            Filter = filter,
            Window = window,
            Limit = limit,
            Outcome = outcome,
            Refund = refund,
            Approvals =
                outcome == BreachOutcome.Review && approvals > 1 ? new ApprovalNeed(approvals, ["programme-reviewer"]) : ApprovalNeed.One,
        };

    /// <summary>Rules that share GPU time between the programmes of the world.</summary>
    public static Gen<QuotaRule> Sharings { get; } =
        from measure in Gen.OneOfConst(QuotaMeasure.GpuHoursGranted, QuotaMeasure.CreditsGranted, QuotaMeasure.ConcurrentGpus)
        from window in Windows(measure).Where(window => window is not PerRequestWindow)
        from nominal in Amounts(measure).Array[World.Programmes.Length]
        from borrowing in Rarely(Amounts(measure)).Array[World.Programmes.Length]
        from lending in Rarely(Amounts(measure)).Array[World.Programmes.Length]
        from outcome in Gen.Enum<BreachOutcome>()
        from refund in Gen.Bool
        select new QuotaRule
        {
            Id = "",
            Measure = measure,
            Subject = new QuotaSubject { Level = SubjectLevel.Programme },
            Window = window is CyclicWindow cyclic ? cyclic with { CarryOver = null } : window,
            Sharing = new QuotaSharing
            {
                Nodes =
                [
                    .. World.Programmes.Select(
                        (path, i) =>
                            new ShareNode
                            {
                                ProgrammeId = path[0],
                                ParentId = path.Length > 1 ? path[1] : null,
                                Nominal = nominal[i],
                                BorrowingLimit = path.Length > 1 ? borrowing[i] : null,
                                LendingLimit = path.Length > 1 ? lending[i] : null,
                            }
                    ),
                ],
            },
            Outcome = outcome,
            Refund = refund,
        };

    /// <summary>Documents of one to eight rules, without those that contradict each other.</summary>
    public static Gen<PolicyDocument> All { get; } =
        Gen.Frequency((5, Limits), (1, Sharings)).Array[1, 8].Select(rules => new PolicyDocument { Rules = Consistent(rules) });

    private static List<QuotaRule> Consistent(QuotaRule[] rules)
    {
        var kept = new List<QuotaRule>();
        foreach (var rule in rules)
        {
            var added = kept.Append(rule with { Id = $"rule-{kept.Count}" }).ToList();
            if (PolicyValidator.Validate(new PolicyDocument { Rules = added }, World.TimeZone).Count == 0)
                kept = added;
        }

        return kept;
    }

    private static Gen<QuotaSubject> Subjects() =>
        from level in Gen.Enum<SubjectLevel>()
        from grouping in Gen.Enum<SubjectGrouping>()
        from counts in Gen.Enum<PersonCount>()
        from kinds in Kinds
        from ids in Gen.Bool
        select new QuotaSubject
        {
            Level = level,
            Grouping = grouping,
            Counts = level == SubjectLevel.Person ? counts : PersonCount.Both,
            Kinds = kinds,
            Ids = !ids
                ? []
                : level switch
                {
                    SubjectLevel.Programme => [World.Left, World.LeftChild],
                    SubjectLevel.Organization => [World.Organizations[0], World.Organizations[1]],
                    SubjectLevel.Member => [World.Members[0]],
                    SubjectLevel.Person => [World.People[1]],
                    SubjectLevel.Project => [World.Projects[1]],
                    _ => [],
                },
        };

    private static Gen<QuotaWindow> Windows(QuotaMeasure measure) =>
        Gen.OneOf<QuotaWindow>(
                Gen.Const<QuotaWindow>(new PerRequestWindow()),
                Gen.Const<QuotaWindow>(new ConcurrentWindow()),
                Gen.Const<QuotaWindow>(new LifetimeWindow()),
                from unit in Gen.Enum<CalendarUnit>()
                from zone in Zones
                from carry in CarryOvers(measure)
                select (QuotaWindow)
                    new CalendarWindow
                    {
                        Unit = unit,
                        TimeZone = zone,
                        CarryOver = carry,
                    },
                from length in Gen.OneOfConst("P1D", "P10D", "P2W", "P1M", "P1Y", "P1M3D")
                from days in Gen.Int[-400, 400]
                from zone in Zones
                from carry in CarryOvers(measure)
                select (QuotaWindow)
                    new AnchoredWindow
                    {
                        Length = PeriodPattern.Roundtrip.Parse(length).Value,
                        Anchor = new LocalDate(2026, 1, 31).PlusDays(days),
                        TimeZone = zone,
                        CarryOver = carry,
                    },
                from duration in Durations
                select (QuotaWindow)new FirstUseWindow { Duration = duration },
                from duration in Durations
                from resolution in Rarely(Gen.OneOfConst(4, 7, 60))
                select (QuotaWindow)
                    new RollingWindow
                    {
                        Duration = duration,
                        Resolution = resolution is { } buckets ? TimeSpan.FromSeconds(Math.Ceiling(duration.TotalSeconds / buckets)) : null,
                    }
            )
            .Where(window => Fits(measure, window.Kind));

    /// <summary>What <c>docs/quotas.md</c> says about measures and windows.</summary>
    private static bool Fits(QuotaMeasure measure, string window) =>
        (measure.Word, window) switch
        {
            ("active-grants" or "open-requests", _) => window == "concurrent",
            ("concurrent-gpus", _) => window is "concurrent" or "per-request",
            ("gpu-hours-granted" or "credits-granted", _) => window != "concurrent",
            _ => window is not ("concurrent" or "per-request"),
        };

    private static Gen<string?> Zones => Gen.OneOfConst(null, "America/New_York", "Australia/Lord_Howe");

    private static Gen<TimeSpan> Durations => Gen.OneOfConst(1, 6, 24, 24 * 7, 24 * 30).Select(hours => TimeSpan.FromHours(hours));

    private static Gen<CarryOver?> CarryOvers(QuotaMeasure measure) =>
        Rarely(Amounts(measure))
            .Select(carry =>
                carry is { } max ? new CarryOver(max % 2 == 0 ? 0 : Small(measure), Math.Max(max, Small(measure))) : (CarryOver?)null
            );

    private static long Small(QuotaMeasure measure) => measure.Unit == QuotaUnit.Count ? 1 : 3_600;

    private static Gen<long> Amounts(QuotaMeasure measure) =>
        measure.Unit switch
        {
            QuotaUnit.GpuHours => Gen.Int[0, 3_000].Select(steps => steps * 36L),
            QuotaUnit.Credits => Gen.Int[0, 40_000].Select(steps => steps * 3_600L),
            _ => Gen.Int[0, 6].Select(count => (long)count),
        };

    private static FilterCondition[] Stated(string[] names, FilterCondition condition) => names.Length == 0 ? [] : [condition];

    private static FilterCondition[] Stated<T>(T? value, Func<T, FilterCondition> condition)
        where T : struct => value is { } stated ? [condition(stated)] : [];

    private static Gen<string[]> Some(params string[] names) =>
        Gen.Frequency(
            (3, Gen.Const(Array.Empty<string>())),
            (1, Gen.OneOfConst(names).Array[1, 2].Select(some => some.Distinct().ToArray()))
        );

    private static Gen<T?> Rarely<T>(Gen<T> gen)
        where T : struct => Gen.Frequency((3, Gen.Const((T?)null)), (1, gen.Select(value => (T?)value)));
}

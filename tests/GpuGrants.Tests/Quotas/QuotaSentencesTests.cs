using GpuGrants.Tests.Writing;

namespace GpuGrants.Tests.Quotas;

public class QuotaSentencesTests
{
    private const string Monthly = """
        "title":"Starter credit","measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":"20"}
        """;

    private const string MonthlyKorean = """
        "title":"시작 지원","measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":"20"}
        """;

    [Fact]
    public void A_denial_tells_the_applicant_all_amounts_and_what_to_do()
    {
        var quota = Quota.OfRule(Monthly);
        quota.Grant(5);
        quota.Hold(2);
        Assert.Equal(
            "Starter credit: your organization may get up to 20 GPU-hours per calendar month. Of these, 5 are used and 2 are held for requests in review. "
                + "You asked for 15 GPU-hours, but only 13 remain until 2026-04-01 00:00 (Asia/Seoul). Ask for 13 GPU-hours or less now, or ask again then.",
            QuotaSentences.For(quota.Ask(15).Evaluations[0], "en")
        );
    }

    [Fact]
    public void A_denial_in_Korean_has_the_same_parts()
    {
        var quota = Quota.OfRule(MonthlyKorean);
        quota.Grant(5);
        quota.Hold(2);
        Assert.Equal(
            "시작 지원: 귀 조직은 매월 20 GPU시간까지 받을 수 있습니다. 그중 5 GPU시간을 사용했고, 2 GPU시간은 심사 중인 요청에 잡혀 있습니다. "
                + "이번에 15 GPU시간을 요청하셨지만, 2026-04-01 00:00 (Asia/Seoul)까지 13 GPU시간만 남아 있습니다. "
                + "지금 13 GPU시간 이하로 요청하시거나, 그 이후에 다시 요청해 주십시오.",
            QuotaSentences.For(quota.Ask(15).Evaluations[0], "ko-KR")
        );
    }

    [Fact]
    public void A_decision_advises_one_amount_in_every_sentence()
    {
        var evaluation = Quota.OfRule(Monthly).Ask(25).Evaluations[0];
        Assert.EndsWith(
            "Ask for 7 GPU-hours or less now, or ask for a higher limit. Waiting does not help.",
            QuotaSentences.For(evaluation, "en", QuotaAdvice.Of(Quota.Hours(7))),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "지금 7 GPU시간 이하로 요청",
            QuotaSentences.For(evaluation, "ko", QuotaAdvice.Of(Quota.Hours(7))),
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            "Ask for a higher limit. Waiting does not help.",
            QuotaSentences.For(evaluation, "en", QuotaAdvice.Of(Quota.Hours(0))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_reviewer_reads_the_rule_and_its_numbers_without_the_applicants_next_step()
    {
        var quota = Quota.OfRule(Monthly);
        quota.Grant(5);
        Assert.Equal(
            "Starter credit: the organization may get up to 20 GPU-hours per calendar month. Of these, 5 are used. "
                + "This grant would add 25 GPU-hours, but only 15 remain until 2026-04-01 00:00 (Asia/Seoul).",
            QuotaSentences.ForReviewer(quota.Ask(25).Evaluations[0], "en")
        );
        Assert.Equal(
            "Starter credit: 신청 조직은 매월 20 GPU시간까지 받을 수 있습니다. 그중 5 GPU시간을 사용했습니다. "
                + "이 지원으로 25 GPU시간이 더해지지만, 2026-04-01 00:00 (Asia/Seoul)까지 15 GPU시간만 남아 있습니다.",
            QuotaSentences.ForReviewer(quota.Ask(25).Evaluations[0], "ko")
        );
    }

    [Theory]
    [InlineData("fr")]
    [InlineData("")]
    [InlineData("kok")]
    public void A_language_not_spoken_becomes_English(string language)
    {
        var evaluation = Quota.OfRule(Monthly).Ask(1).Evaluations[0];
        Assert.Equal(QuotaSentences.For(evaluation, "en"), QuotaSentences.For(evaluation, language));
    }

    [Fact]
    public void A_request_that_fits_is_told_so() =>
        Assert.EndsWith(
            "You asked for 20 GPU-hours, and 20 remain until 2026-04-01 00:00 (Asia/Seoul). Your request fits.",
            QuotaSentences.For(Quota.OfRule(Monthly).Ask(20).Evaluations[0], "en"),
            StringComparison.Ordinal
        );

    [Fact]
    public void One_thing_is_singular_and_comes_back_when_something_ends()
    {
        var quota = Quota.OfRule(
            """
            "measure":"active-grants","window":{"kind":"concurrent"},"limit":{"count":1}
            """
        );
        quota.Grant(1);
        Assert.Equal(
            "r: your organization may have up to 1 active grant at any one time. Of these, 1 is used. Your request counts as 1 active grant, but none remains. "
                + "Ask again when a grant or request that counts here has ended.",
            QuotaSentences.For(quota.Ask(1).Evaluations[0], "en")
        );
    }

    [Fact]
    public void What_can_never_pass_asks_for_less_or_a_higher_limit() =>
        Assert.EndsWith(
            "You asked for 11 credits. Ask for GPU time worth 10 credits or less now, or ask for a higher limit. Waiting does not help.",
            QuotaSentences.For(
                Quota
                    .OfRule(
                        """
                        "measure":"credits-granted","window":{"kind":"per-request"},"limit":{"credits":"10"}
                        """
                    )
                    .Ask(11)
                    .Evaluations[0],
                "en"
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_review_announces_a_reviewer_and_a_shadow_changes_nothing()
    {
        const string rule = """
            "measure":"requests-made","window":{"kind":"rolling","duration":"P1DT12H"},"limit":{"count":0}
            """;
        Assert.Equal(
            "r: your organization may make no requests within any 1 day 12 hours without a review. "
                + "Your request counts as 1 request, but none remains, so a reviewer will decide. Wait for the answer.",
            QuotaSentences.For(Quota.OfRule(rule + ""","outcome":"review" """).Ask(1).Evaluations[0], "en")
        );
        Assert.Contains(
            "only observed",
            QuotaSentences.For(Quota.OfRule(rule + ""","outcome":"shadow" """).Ask(1).Evaluations[0], "en"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_operator_sees_ids_versions_and_instants()
    {
        var quota = Quota.OfRule(Monthly);
        quota.Grant(5);
        var text = QuotaSentences.ForOperator(quota.Ask(30).Evaluations[0]);
        Assert.Contains(
            $"Policy \"Policy\" ({Quota.Policy}) version 1, rule \"r\": deny when breached; breached, can never pass.\n"
                + $"Subject organization {Quota.Organization} (each), scope programme {Quota.Root}.",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("Limit 20 (rule 20, carried 0), used 5, held 0, requested 30, remaining 15", text, StringComparison.Ordinal);
        Assert.Contains("Window from 2026-02-28T15:00:00.000Z, resets at 2026-03-31T15:00:00.000Z", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("ko")]
    public void Every_measure_subject_and_window_has_a_sentence(string language)
    {
        foreach (var measure in QuotaMeasure.All)
        {
            foreach (
                var (level, grouping) in Enum.GetValues<SubjectLevel>()
                    .SelectMany(level => Enum.GetValues<SubjectGrouping>().Select(grouping => (level, grouping)))
            )
            {
                foreach (var window in Windows)
                {
                    var sentence = QuotaSentences.For(Evaluation(measure, level, grouping, window), language);
                    Assert.EndsWith(".", sentence, StringComparison.Ordinal);
                    Assert.DoesNotContain("  ", sentence, StringComparison.Ordinal);
                    Assert.Empty(PlainEnglish.LongSentences(sentence));
                }
            }
        }
    }

    private static readonly QuotaWindow[] Windows =
    [
        new PerRequestWindow(),
        new ConcurrentWindow(),
        new LifetimeWindow(),
        .. Enum.GetValues<GpuGrants.Calendars.CalendarUnit>().Select(unit => new CalendarWindow { Unit = unit }),
        new AnchoredWindow { Length = NodaTime.Period.FromWeeks(2), Anchor = new NodaTime.LocalDate(2026, 1, 6) },
        new FirstUseWindow { Duration = TimeSpan.FromDays(7) },
        new RollingWindow { Duration = TimeSpan.FromDays(7) },
    ];

    [Fact]
    public void Every_kind_of_window_and_every_measure_is_in_its_list()
    {
        static HashSet<Type> Cases(Type type) => [.. type.Assembly.GetTypes().Where(one => !one.IsAbstract && one.IsAssignableTo(type))];
        Assert.Equal(Cases(typeof(QuotaWindow)), Windows.Select(window => window.GetType()).ToHashSet());
        Assert.Equal(Cases(typeof(QuotaMeasure)), QuotaMeasure.All.Select(measure => measure.GetType()).ToHashSet());
        Assert.Equal(QuotaMeasure.All.Count, QuotaMeasure.All.Select(measure => measure.Word).Distinct().Count());
    }

    [Theory]
    [InlineData("P2W", "2026-01-06", "2 weeks, counted from 2026-01-06", "2026-01-06부터 2주마다")]
    [InlineData("P1M", "2026-01-31", "month, counted from 2026-01-31", "2026-01-31부터 1개월마다")]
    [InlineData("P1Y10D", "2026-01-31", "1 year 10 days, counted from 2026-01-31", "2026-01-31부터 1년 10일마다")]
    public void An_anchored_window_is_named_by_its_length_and_anchor(string length, string anchor, string english, string korean)
    {
        var evaluation = Quota
            .OfRule(
                $$"""
                "measure":"gpu-hours-granted","limit":{"gpuHours":"20"},"window":{"kind":"anchored","length":"{{length}}","anchor":"{{anchor}}"}
                """
            )
            .Ask(1)
            .Evaluations[0];
        Assert.Contains($"up to 20 GPU-hours every {english}", QuotaSentences.For(evaluation, "en"), StringComparison.Ordinal);
        Assert.Contains(korean, QuotaSentences.For(evaluation, "ko"), StringComparison.Ordinal);
    }

    private static QuotaEvaluation Evaluation(QuotaMeasure measure, SubjectLevel level, SubjectGrouping grouping, QuotaWindow window)
    {
        var rule = new QuotaRule
        {
            Id = "r",
            Measure = measure,
            Subject = new QuotaSubject { Level = level, Grouping = grouping },
            Window = window,
            Limit = 1,
            Outcome = BreachOutcome.Deny,
        };
        var policy = Quota.Published(Quota.Document(Quota.Rule(Monthly))) with { Document = new PolicyDocument { Rules = [rule] } };
        return Quota.Of(policy).Ask(3, gpus: 3).Evaluations[0];
    }
}

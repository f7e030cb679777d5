namespace GpuGrants.Tests.Quotas;

public class QuotaSentencesTests
{
    private const string Monthly = """
        "title":"Starter credit","measure":"gpuHoursGranted","window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":"20"}
        """;

    private const string MonthlyKorean = """
        "title":"시작 지원","measure":"gpuHoursGranted","window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":"20"}
        """;

    [Fact]
    public void A_denial_tells_the_applicant_all_amounts_and_what_to_do()
    {
        var quota = Quota.OfRule(Monthly);
        quota.Grant(5);
        quota.Hold(2);
        Assert.Equal(
            "Starter credit: the limit for your organization is 20 GPU-hours per calendar month, of which 5 are used and 2 held for requests under review; "
                + "you asked for 15 GPU-hours and 13 remain until 2026-04-01 00:00 (Asia/Seoul); ask for at most 13 GPU-hours now, or ask again from then on.",
            QuotaSentences.For(quota.Ask(15).Evaluations[0], "en")
        );
    }

    [Fact]
    public void The_same_in_Korean()
    {
        var quota = Quota.OfRule(MonthlyKorean);
        quota.Grant(5);
        quota.Hold(2);
        Assert.Equal(
            "시작 지원: 귀 조직의 한도는 매월 20 GPU시간이고, 5 GPU시간을 사용했고, 2 GPU시간이 심사 중인 요청에 묶여 있고, 초기화 시각인 2026-04-01 00:00 (Asia/Seoul) 전까지 "
                + "13 GPU시간이 남아 있는데, 이번에 15 GPU시간을 요청하셨으므로 지금 13 GPU시간까지만 요청하시거나 초기화된 뒤에 다시 요청해 주십시오.",
            QuotaSentences.For(quota.Ask(15).Evaluations[0], "ko-KR")
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
    public void A_request_that_fits_has_nothing_to_do() =>
        Assert.EndsWith(
            "the request fits, so there is nothing to do.",
            QuotaSentences.For(Quota.OfRule(Monthly).Ask(20).Evaluations[0], "en"),
            StringComparison.Ordinal
        );

    [Fact]
    public void One_thing_is_singular_and_a_release_is_awaited()
    {
        var quota = Quota.OfRule(
            """
            "measure":"activeGrants","window":{"kind":"concurrent"},"limit":{"count":1}
            """
        );
        quota.Grant(1);
        Assert.Equal(
            "r: the limit for your organization is 1 active grant at any one time, of which 1 is used; you asked for 1 active grant and 0 remain; "
                + "ask again when something that counts has ended or was given back.",
            QuotaSentences.For(quota.Ask(1).Evaluations[0], "en")
        );
    }

    [Fact]
    public void What_can_never_pass_asks_for_less_or_a_higher_limit() =>
        Assert.EndsWith(
            "ask for no more than 10 credits buy now, or ask for a higher limit, since waiting does not help.",
            QuotaSentences.For(
                Quota
                    .OfRule(
                        """
                        "measure":"creditsGranted","window":{"kind":"perRequest"},"limit":{"credits":"10"}
                        """
                    )
                    .Ask(11)
                    .Evaluations[0],
                "en"
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_review_offers_the_wait_and_a_shadow_nothing()
    {
        const string rule = """
            "measure":"requestsMade","window":{"kind":"rolling","duration":"P1DT12H"},"limit":{"count":0}
            """;
        Assert.Equal(
            "r: the limit for your organization is 0 requests within any 1 day 12 hours, of which 0 are used; you asked for 1 request and 0 remain; "
                + "a person decides, so please wait for the answer.",
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
            $"policy \"Policy\" ({Quota.Policy}) version 1, rule \"r\", Deny when breached: breached, can never pass; "
                + $"subject Organization {Quota.Organization} (Each), scope programme {Quota.Root}",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("limit 20 (rule 20, carried 0), used 5, held 0, requested 30, remaining 15", text, StringComparison.Ordinal);
        Assert.Contains("window from 2026-02-28T15:00:00.000Z, resets at 2026-03-31T15:00:00.000Z", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("ko")]
    public void Every_measure_subject_and_window_has_a_sentence(string language)
    {
        foreach (var measure in Enum.GetValues<QuotaMeasure>())
        {
            foreach (
                var (level, grouping) in Enum.GetValues<SubjectLevel>()
                    .SelectMany(level => Enum.GetValues<SubjectGrouping>().Select(grouping => (level, grouping)))
            )
            {
                foreach (var kind in Enum.GetValues<WindowKind>().Where(kind => MeasureRules.Allows(measure, kind)))
                {
                    var sentence = QuotaSentences.For(Evaluation(measure, level, grouping, kind), language);
                    Assert.EndsWith(".", sentence, StringComparison.Ordinal);
                    Assert.DoesNotContain("  ", sentence, StringComparison.Ordinal);
                }
            }
        }
    }

    private static QuotaEvaluation Evaluation(QuotaMeasure measure, SubjectLevel level, SubjectGrouping grouping, WindowKind kind)
    {
        var rule = new QuotaRule
        {
            Id = "r",
            Measure = measure,
            Subject = new QuotaSubject { Level = level, Grouping = grouping },
            Window = new QuotaWindow
            {
                Kind = kind,
                Unit = kind == WindowKind.Calendar ? GpuGrants.Calendars.CalendarUnit.Quarter : null,
                Duration = kind is WindowKind.Rolling or WindowKind.FirstUse ? TimeSpan.FromDays(7) : null,
            },
            Limit = 1,
            Outcome = BreachOutcome.Deny,
        };
        var policy = Quota.Published(Quota.Document(Quota.Rule(Monthly))) with { Document = new PolicyDocument { Rules = [rule] } };
        return Quota.Of(policy).Ask(3, gpus: 3).Evaluations[0];
    }
}

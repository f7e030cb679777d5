using System.Globalization;

namespace GpuGrants.Tests.Quotas;

/// <summary>What docs/quotas.md says is decided under each worked example.</summary>
public class ExampleTests
{
    private static readonly Guid University = Guid.Parse("0198c0de-0000-7000-8000-000000000001");
    private static readonly Guid Engineering = Guid.Parse("0198c0de-0000-7000-8000-000000000002");
    private static readonly Guid Medicine = Guid.Parse("0198c0de-0000-7000-8000-000000000003");
    private static readonly Guid Arts = Guid.Parse("0198c0de-0000-7000-8000-000000000004");

    public static TheoryData<string> Names => [.. Examples.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_example_may_be_published_and_survives_export_and_import(string name)
    {
        var document = Quota.Published(Examples.Json(name)).Document!;
        var again = PolicyParser.Parse(PolicyWriter.Write(document)).Document;
        Assert.True(PolicyDiff.Between(document, again!).IsEmpty);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_person_gets_the_limit_of_an_example_several_times(string name) =>
        Assert.DoesNotContain(
            "limit-multiplies",
            PolicyWarning.Of(Quota.Published(Examples.Json(name)).Document!, Quota.Root, KnownNames.NotLookedAt).Select(one => one.Code)
        );

    [Fact]
    public void The_documentation_shows_every_example_as_it_is()
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "quotas.md"));
        Assert.Equal(9, Examples.Names.Count());
        Assert.All(Examples.Names, name => Assert.Contains(Examples.Json(name).TrimEnd(), page, StringComparison.Ordinal));
    }

    [Fact]
    public void A_national_starter_credit()
    {
        var quota = Examples.Of("national-starter-credit");
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(40, rate: 2));
        quota.Grant(40, rate: 2);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(10, Quota.Noon.AddYears(1), rate: 2));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(10.01m, Quota.Noon.AddYears(1), rate: 2));
        Assert.Equal(QuotaVerdict.Review, quota.Verdict(41, by: Newcomer, rate: 1));
        Assert.Equal(QuotaVerdict.Review, quota.Verdict(1, by: Newcomer with { OrganizationVerified = false }));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1_000, by: Quota.Startup with { OrganizationKind = "university" }));
    }

    [Fact]
    public void A_school_class()
    {
        var quota = Examples.Of("school-class");
        var student = Quota.Startup with { OrganizationKind = "school", Tags = ["class"] };
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(20, by: student));
        quota.Grant(12, by: student);
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(8, by: student));
        quota.Happens(QuotaFact.GrantEnded(Quota.Noon, Quota.Noon, 1), student);
        Assert.Equal(Quota.Hours(8), quota.Ask(9, by: student).MaxGrantable);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(20, by: student with { MemberId = Quota.Other }));
        var outside = quota.Ask(25, by: student with { Tags = [] });
        Assert.Equal((QuotaVerdict.Review, "programme-reviewer"), (outside.Verdict, Assert.Single(outside.Approvals.By)));
    }

    [Fact]
    public void A_hackathon_weekend()
    {
        var quota = Examples.Of("hackathon-weekend");
        quota.Happens(QuotaFact.Requested(Quota.Noon));
        quota.Grant(10, gpus: 4);
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, Quota.Noon.AddMinutes(5)));
        var soon = quota.Ask(1, Quota.Noon.AddMinutes(5)).Evaluations.Single(one => one.Rule.Rule.Id == "cool-down");
        Assert.Equal(Quota.Noon.AddSeconds(610), soon.ResetsAt);
        var later = Quota.Noon.AddHours(1);
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, later));
        quota.Happens(QuotaFact.GrantEnded(later, Quota.Noon, 4));
        Assert.Equal(Quota.Hours(6), quota.Ask(1, later).MaxGrantable);
        Assert.Equal(Quota.Hours(16), quota.Ask(1, Quota.Noon.AddHours(48)).MaxGrantable);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(16, later, Quota.Startup with { ProjectId = Quota.Other }, gpus: 4));
    }

    [Fact]
    public void A_university_whose_faculties_share()
    {
        var quota = Examples.Of("university-sharing");
        Assert.Equal(Quota.Hours(1_000), quota.Ask(1, by: In(Engineering)).MaxGrantable);
        Assert.Equal(Quota.Hours(500), quota.Ask(1, by: In(Medicine)).MaxGrantable);
        Assert.Equal(Quota.Hours(800), quota.Ask(1, by: In(Arts)).MaxGrantable);
        quota.Grant(700, by: In(Arts));
        Assert.Equal(Quota.Hours(100), quota.Ask(1, by: In(Medicine)).MaxGrantable);
        Assert.Equal(Quota.Hours(300), quota.Ask(1, by: In(Engineering)).MaxGrantable);
        quota.Grant(300, by: In(Engineering));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, by: In(Arts)));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(800, new DateTimeOffset(2026, 3, 31, 22, 0, 0, TimeSpan.Zero), In(Arts)));
    }

    [Fact]
    public void An_enterprise_that_may_only_use_what_is_left_over()
    {
        var quota = Examples.Of("enterprise-leftovers");
        var (open, enterprise) = (In(Engineering), In(Medicine));
        Assert.Equal(Quota.Hours(800), quota.Ask(1, by: enterprise).MaxGrantable);
        quota.Grant(900, by: open);
        Assert.Equal(Quota.Hours(100), quota.Ask(1, by: enterprise).MaxGrantable);
        quota.Grant(100, by: open);
        var denied = quota.Ask(1, by: enterprise).Evaluations[0];
        Assert.Equal((true, true), (denied.IsBreached, denied.IsRetryable));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, denied.ResetsAt, enterprise));
    }

    [Fact]
    public void A_monthly_allowance_with_carry_over()
    {
        var quota = Quota.Of(Quota.Published(Examples.Json("monthly-allowance")) with { EffectiveFrom = At("2026-01-01T00:00:00+09:00") });
        quota.Grant(10, At("2026-01-15T00:00:00+09:00"));
        Assert.Equal(Quota.Hours(70), quota.Ask(1, At("2026-02-01T00:00:00+09:00")).MaxGrantable);
        Assert.Equal(Quota.Hours(100), quota.Ask(1, At("2026-03-01T00:00:00+09:00")).MaxGrantable);
        quota.Grant(100, At("2026-03-02T00:00:00+09:00"));
        Assert.Equal(Quota.Hours(45), quota.Ask(1, At("2026-04-01T00:00:00+09:00")).MaxGrantable);
    }

    [Fact]
    public void An_override_for_a_paper_deadline()
    {
        var given = Quota.Override(OverrideEffect.Multiply, 3_000, Quota.Noon, Quota.Noon.AddDays(14), "rolling-week", Quota.Project);
        var quota = Quota.Of(Examples.Json("paper-deadline-override"), given);
        Assert.Equal(Quota.Hours(50), quota.Ask(1, Quota.Noon.AddSeconds(-1)).MaxGrantable);
        Assert.Equal(Quota.Hours(150), quota.Ask(1).MaxGrantable);
        quota.Grant(120, Quota.Noon.AddDays(13));
        var after = quota.Ask(1, Quota.Noon.AddDays(14)).Evaluations[0];
        Assert.Equal((Quota.Seconds(50), Quota.Seconds(120), 0L), (after.Limit, after.Used, after.Remaining));
        Assert.Equal(Quota.Hours(50), quota.Ask(1, after.ResetsAt).MaxGrantable);
    }

    [Fact]
    public void Requests_for_a_higher_limit()
    {
        var quota = Examples.Of("increase-requests");
        var (rule, subject) = (quota.Compiled.Rules.Single(one => one.Rule.Id == "h100-gpus"), SubjectId.Of(Quota.Organization));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, gpus: 8));
        Assert.Equal(IncreaseVerdict.Approve, IncreaseRules.Decide(rule, subject, 8, Quota.Noon).Verdict);
        Assert.Equal(IncreaseVerdict.Review, IncreaseRules.Decide(rule, subject, 32, Quota.Noon).Verdict);
        Assert.Equal(IncreaseVerdict.Refuse, IncreaseRules.Decide(rule, subject, 4, Quota.Noon).Verdict);
        var raised = Quota.Of(Examples.Json("increase-requests"), Quota.Override(OverrideEffect.Replace, 8, Quota.Noon, rule: "h100-gpus"));
        Assert.Equal(QuotaVerdict.Approve, raised.Verdict(1, gpus: 8));
    }

    [Fact]
    public void The_first_grant_instantly_and_the_second_after_a_review()
    {
        var quota = Examples.Of("instant-then-review");
        var first = quota.Ask(30);
        Assert.Equal((QuotaVerdict.Approve, "trial-cap"), (first.Verdict, first.Evaluations.Single(one => one.IsBreached).Rule.Rule.Id));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(11, by: Quota.Startup with { OrganizationCreatedAt = Quota.Noon.AddDays(-29) }));
        quota.Grant(30);
        var second = quota.Ask(5);
        Assert.Equal(
            (QuotaVerdict.Review, 1, "programme-reviewer"),
            (second.Verdict, second.Approvals.Count, Assert.Single(second.Approvals.By))
        );
        quota.Happens(QuotaFact.Requested(Quota.Noon));
        quota.Happens(QuotaFact.Requested(Quota.Noon));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(5));
    }

    private static readonly QuotaContext Newcomer = Quota.Startup with { OrganizationId = Quota.Other };

    private static QuotaContext In(Guid faculty) => Quota.Startup with { ProgrammePath = [faculty, University, Quota.Root] };

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}

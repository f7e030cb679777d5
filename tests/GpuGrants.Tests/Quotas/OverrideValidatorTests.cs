namespace GpuGrants.Tests.Quotas;

public class OverrideValidatorTests
{
    private static readonly PolicyDocument Policy = Quota
        .Published(
            Quota.Document(
                Quota.Rule(""" "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1}""", "each"),
                Quota.Rule(
                    """ "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1},"subject":{"level":"organization","grouping":"group"}""",
                    "group"
                ),
                Quota.Rule(
                    """ "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1},"subject":{"level":"organization-kind","kinds":["student","school"]}""",
                    "kind"
                ),
                Quota.Rule(
                    $$""" "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1},"subject":{"level":"member","ids":["{{Quota.Member}}"]}""",
                    "some"
                ),
                Quota.Rule(
                    $$""" "measure":"requests-made","window":{"kind":"lifetime"},"subject":{"level":"programme"},"sharing":{"nodes":[{"programmeId":"{{Quota.Root}}","nominal":{"count":1} }]}""",
                    "shared"
                )
            )
        )
        .Document!;

    private static readonly QuotaOverride Good = Quota.Override(OverrideEffect.Add, 5, Quota.Noon, Quota.Noon.AddDays(1), "each");

    public static TheoryData<QuotaOverride, string, string> Unfit =>
        new()
        {
            { Good with { RuleId = "other" }, "ruleId", "unknown-rule" },
            { Good with { RuleId = "shared" }, "subjectId", "never-matches" },
            { Good with { SubjectId = "student" }, "subjectId", "never-matches" },
            { Good with { RuleId = "group", SubjectId = "student" }, "subjectId", "never-matches" },
            { Good with { RuleId = "kind", SubjectId = "startup" }, "subjectId", "never-matches" },
            { Good with { RuleId = "some" }, "subjectId", "never-matches" },
            { Good with { Effect = OverrideEffect.Replace, Amount = -1 }, "amount", "negative-limit" },
            { Good with { Effect = OverrideEffect.Multiply, Amount = OverrideValidator.MaxFactor + 1 }, "amount", "overflowing-limit" },
            { Good with { Amount = long.MinValue }, "amount", "overflowing-limit" },
            { Good with { ExpiresAt = Quota.Noon }, "expiresAt", "contradiction" },
            { Good with { Reason = " " }, "reason", "missing" },
        };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void What_is_unfit_is_named(QuotaOverride added, string field, string code)
    {
        var problem = Assert.Single(OverrideValidator.Validate(added, Policy));
        Assert.Equal((field, code), (problem.Field, problem.Code));
    }

    [Fact]
    public void An_override_that_fits_passes()
    {
        Assert.Empty(OverrideValidator.Validate(Good with { Amount = -5 }, Policy));
        Assert.Empty(OverrideValidator.Validate(Good with { RuleId = "group", SubjectId = "*" }, Policy));
        Assert.Empty(OverrideValidator.Validate(Good with { RuleId = "shared", SubjectId = Quota.Root.ToString() }, Policy));
        Assert.Empty(OverrideValidator.Validate(Good with { RuleId = "group", SubjectId = Quota.Root.ToString() }, Policy));
        Assert.Empty(OverrideValidator.Validate(Good with { RuleId = "kind", SubjectId = "school" }, Policy));
        Assert.Empty(OverrideValidator.Validate(Good with { RuleId = "some", SubjectId = Quota.Member.ToString() }, Policy));
    }

    [Fact]
    public void The_spelling_of_a_subject_hides_no_overlap() =>
        Assert.NotNull(OverrideValidator.Overlap(Good with { Id = Guid.NewGuid(), SubjectId = Good.SubjectId.ToUpperInvariant() }, [Good]));
}

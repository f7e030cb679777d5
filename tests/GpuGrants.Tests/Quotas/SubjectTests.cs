namespace GpuGrants.Tests.Quotas;

/// <summary>Who shares a limit with whom, and what a rule looks at.</summary>
public class SubjectTests
{
    private static readonly QuotaContext Elsewhere = Quota.Startup with
    {
        OrganizationId = Quota.Other,
        MemberId = Quota.Other,
        OwnerIds = [Quota.Other],
        ProjectId = Quota.Other,
        PartnerId = Quota.Other,
        OrganizationKind = "student",
        ProgrammePath = [Quota.Root],
    };

    [Theory]
    [InlineData("platform", "each", true)]
    [InlineData("programme", "each", true)]
    [InlineData("programme", "group", true)]
    [InlineData("organization-kind", "each", false)]
    [InlineData("organization-kind", "group", true)]
    [InlineData("organization", "each", false)]
    [InlineData("organization", "group", true)]
    [InlineData("project", "each", false)]
    [InlineData("project", "group", true)]
    [InlineData("member", "each", false)]
    [InlineData("member", "group", true)]
    [InlineData("person", "each", false)]
    [InlineData("person", "group", true)]
    [InlineData("partner", "each", false)]
    [InlineData("partner", "group", true)]
    public void What_one_uses_counts_for_another_only_where_they_share_the_limit(string level, string grouping, bool shared)
    {
        var quota = Quota.OfRule(
            $$"""
            "subject":{"level":"{{level}}","grouping":"{{grouping}}"},"measure":"requests-made","window":{"kind":"lifetime"},
            "limit":{"count":1}
            """
        );
        quota.Happens(QuotaFact.Requested(Quota.Noon));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1));
        Assert.Equal(shared ? QuotaVerdict.Deny : QuotaVerdict.Approve, quota.Verdict(1, by: Elsewhere));
    }

    [Theory]
    [InlineData("both", true, true, true)]
    [InlineData("owners", true, false, true)]
    [InlineData("asker", false, true, false)]
    public void A_rule_on_people_counts_owners_askers_or_both_wherever_they_own_and_ask(
        string counts,
        bool countsOwner,
        bool countsAsker,
        bool countsOtherOwner
    )
    {
        var quota = Quota.OfRule(
            $$"""
            "subject":{"level":"person","counts":"{{counts}}"},"measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1}
            """
        );
        var (owner, asker, other) = (Quota.Other, Quota.Member, Quota.Partner);
        quota.Happens(QuotaFact.Requested(Quota.Noon), Quota.Startup with { OwnerIds = [owner, other] });
        Assert.Equal(countsOwner, IsDenied(owner));
        Assert.Equal(countsAsker, IsDenied(asker));
        Assert.Equal(countsOtherOwner, IsDenied(other));

        // In another organization that the person alone owns, and for which the person asks.
        bool IsDenied(Guid person) =>
            quota.Verdict(1, by: Elsewhere with { OwnerIds = [person], MemberId = person, OrganizationId = Guid.NewGuid() })
            == QuotaVerdict.Deny;
    }

    [Fact]
    public void A_person_who_owns_and_asks_counts_once()
    {
        var quota = Quota.OfRule(
            """
            "subject":{"level":"person"},"measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"20"}
            """
        );
        var own = Quota.Startup with { OwnerIds = [Quota.Member, Quota.Member] };
        quota.Grant(10, by: own);
        Assert.Equal(Quota.Seconds(10), Assert.Single(quota.Ask(10, by: own).Evaluations).Used);
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(10, by: own));
    }

    [Fact]
    public void What_a_helper_asks_counts_for_the_person_behind_it()
    {
        var quota = Quota.OfRule(
            """
            "subject":{"level":"person","counts":"asker"},"measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1}
            """
        );
        quota.Happens(QuotaFact.Requested(Quota.Noon), Quota.Startup with { MemberId = Quota.Other, AskerId = Quota.Member });
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1));
    }

    [Theory]
    [InlineData("school")]
    [InlineData("university")]
    public void In_a_school_each_student_counts_and_the_teacher_does_not(string kind)
    {
        var quota = Quota.OfRule(
            """
            "subject":{"level":"person"},"measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":1}
            """
        );
        var student = Quota.Startup with { OrganizationKind = kind, OwnerIds = [Quota.Other] };
        quota.Happens(QuotaFact.Requested(Quota.Noon), student);
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1, by: student));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, by: student with { MemberId = Quota.Partner }));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(1, by: student with { MemberId = Quota.Other }));
    }

    [Fact]
    public void A_programme_counts_all_below_it_and_not_its_siblings()
    {
        var quota = Quota.OfRule(
            $$"""
            "subject":{"level":"programme","ids":["{{Quota.Programme}}"]},"measure":"requests-made","window":{"kind":"lifetime"},
            "limit":{"count":1}
            """
        );
        var below = Quota.Startup with { ProgrammePath = [Quota.Other, Quota.Programme, Quota.Root] };
        quota.Happens(QuotaFact.Requested(Quota.Noon), below);
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(1));
        Assert.Empty(quota.Ask(1, by: Elsewhere).Evaluations);
    }

    [Fact]
    public void Every_programme_of_the_path_has_the_limit_for_itself()
    {
        var quota = Quota.OfRule(
            """
            "subject":{"level":"programme"},"measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":2}
            """
        );
        quota.Happens(QuotaFact.Requested(Quota.Noon));
        quota.Happens(QuotaFact.Requested(Quota.Noon), Elsewhere);
        var evaluations = quota.Ask(1).Evaluations.ToDictionary(one => one.Subject, one => one.Used);
        Assert.Equal((1L, 2L), (evaluations[SubjectId.Of(Quota.Programme)], evaluations[SubjectId.Of(Quota.Root)]));
    }

    [Fact]
    public void A_policy_bears_only_on_its_programme_and_below()
    {
        var policy = Quota.Published(
            Quota.Document(Quota.Rule(""" "measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":0}"""))
        ) with
        {
            ScopeProgrammeId = Quota.Programme,
        };
        Assert.Equal(QuotaVerdict.Deny, Quota.Of(policy).Verdict(1));
        Assert.Equal(QuotaVerdict.Approve, Quota.Of(policy).Verdict(1, by: Elsewhere));
    }

    [Fact]
    public void Each_student_and_all_students_together_are_two_rules()
    {
        var quota = Quota.Of(
            Quota.Document(
                Quota.Rule(
                    """ "subject":{"level":"organization","kinds":["student"]},"measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"20"}""",
                    "each"
                ),
                Quota.Rule(
                    """ "subject":{"level":"organization-kind","kinds":["student"]},"measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"30"}""",
                    "all"
                )
            )
        );
        quota.Grant(15, by: Elsewhere);
        Assert.Equal(Quota.Hours(5), quota.Ask(1, by: Elsewhere).MaxGrantable);
        Assert.Equal(Quota.Hours(15), quota.Ask(1, by: Elsewhere with { OrganizationId = Quota.Organization }).MaxGrantable);
        Assert.Empty(quota.Ask(1).Evaluations);
    }

    [Theory]
    [InlineData(""" "gpuModels":["h100","b200"] """, true)]
    [InlineData(""" "gpuModels":["b200"] """, false)]
    [InlineData(""" "gpuClasses":["training"] """, true)]
    [InlineData(""" "gpuClasses":["inference"] """, false)]
    [InlineData(""" "minGpuMemoryGib":80 """, true)]
    [InlineData(""" "minGpuMemoryGib":81 """, false)]
    [InlineData(""" "regions":["kr"] """, true)]
    [InlineData(""" "regions":["us"] """, false)]
    [InlineData(""" "providers":["00000000-0000-7000-8000-0000000000e1"] """, true)]
    [InlineData(""" "providers":["00000000-0000-7000-8000-0000000000e2"] """, false)]
    [InlineData(""" "partners":["00000000-0000-7000-8000-0000000000d1"] """, true)]
    [InlineData(""" "partners":["00000000-0000-7000-8000-0000000000d2"] """, false)]
    [InlineData(""" "offers":["00000000-0000-7000-8000-0000000000f1"] """, true)]
    [InlineData(""" "offers":["00000000-0000-7000-8000-0000000000f2"] """, false)]
    [InlineData(""" "tags":["x","paper"] """, true)]
    [InlineData(""" "tags":["x"] """, false)]
    [InlineData(""" "minOrganizationAgeDays":100 """, true)]
    [InlineData(""" "minOrganizationAgeDays":101 """, false)]
    [InlineData(""" "maxOrganizationAgeDays":101 """, true)]
    [InlineData(""" "maxOrganizationAgeDays":100 """, false)]
    [InlineData(""" "verified":true """, true)]
    [InlineData(""" "verified":false """, false)]
    public void A_filter_limits_only_what_it_names(string filter, bool matches)
    {
        var quota = Quota.OfRule($$""" "filter":{{{filter}}},"measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":0}""");
        var context = Quota.Startup with
        {
            ProviderId = Guid.Parse("00000000-0000-7000-8000-0000000000e1"),
            OfferId = Guid.Parse("00000000-0000-7000-8000-0000000000f1"),
            Tags = ["class", "paper"],
        };
        Assert.Equal(matches ? QuotaVerdict.Deny : QuotaVerdict.Approve, quota.Verdict(1, by: context));
    }

    [Fact]
    public void A_tag_with_a_comma_in_it_is_not_two_tags()
    {
        var quota = Quota.Of(
            Quota.Document(
                Quota.Rule(
                    """ "filter":{"tags":["a,b"]},"measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":0}""",
                    "one"
                ),
                Quota.Rule(
                    """ "filter":{"tags":["a","b"]},"measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":0}""",
                    "two"
                )
            )
        );
        Assert.Equal("two", Assert.Single(quota.Ask(1, by: Quota.Startup with { Tags = ["a"] }).Evaluations).Rule.Rule.Id);
        Assert.Equal("one", Assert.Single(quota.Ask(1, by: Quota.Startup with { Tags = ["a,b"] }).Evaluations).Rule.Rule.Id);
    }

    [Fact]
    public void A_request_that_names_no_project_has_no_limit_of_a_project()
    {
        var quota = Quota.OfRule(
            """ "subject":{"level":"project"},"measure":"requests-made","window":{"kind":"lifetime"},"limit":{"count":0}"""
        );
        Assert.Empty(quota.Ask(1, by: Quota.Startup with { ProjectId = null }).Evaluations);
    }
}

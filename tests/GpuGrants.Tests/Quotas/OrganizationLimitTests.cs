namespace GpuGrants.Tests.Quotas;

/// <summary>What owners of an organization limit themselves.</summary>
public sealed class OrganizationLimitTests
{
    private static readonly OrganizationLimit TenPerMember = new(
        "Fair share",
        SubjectLevel.Member,
        null,
        QuotaMeasure.GpuHoursGranted,
        "month",
        Quota.Seconds(10),
        ["h100"],
        "Asia/Seoul"
    );

    [Fact]
    public void A_limit_denies_its_own_organization_and_no_other()
    {
        var quota = Quota.Of(Published(TenPerMember));
        Assert.Equal(QuotaVerdict.Deny, quota.Verdict(11));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(10));
        Assert.Equal(QuotaVerdict.Approve, quota.Verdict(11, by: Quota.Startup with { GpuModelId = "l4" }));
        var other = Quota.Startup with { OrganizationId = Quota.Other };
        Assert.Empty(quota.Compiled.Match(other).Keys);
        Assert.Empty(quota.Compiled.MatchSubject(other).Keys);
    }

    [Fact]
    public void It_counts_in_the_organizations_tree_and_apart_from_equal_rules_of_others()
    {
        var own = Published(TenPerMember);
        var everybody = own with { PolicyId = Guid.NewGuid(), ScopeOrganizationId = null };
        var keys = Quota.Of(own, everybody).Compiled.Match(Quota.Startup).Keys.ToList();
        Assert.Equal(2, keys.Select(key => key.SignatureId).Distinct().Count());
        Assert.Single(keys, key => key.Tree.Value == Quota.Organization);
        Assert.Single(keys, key => key.Tree.Value == Quota.Member);
    }

    [Theory]
    [InlineData("per-request")]
    [InlineData("lifetime")]
    [InlineData("year")]
    public void What_is_stored_is_read_as_it_was(string window)
    {
        var limit = TenPerMember with { Window = window, Level = SubjectLevel.Project, SubjectId = Quota.Project };
        var read = OrganizationLimit.Of(PolicyParser.Parse(PolicyWriter.Write(limit.ToDocument())).Document!);
        Assert.Equal(limit, read with { GpuModels = limit.GpuModels });
        Assert.Equal(limit.GpuModels, read.GpuModels);
    }

    [Fact]
    public void The_reason_says_whose_limit_it_is_and_who_may_raise_it()
    {
        var denied = Assert.Single(Quota.Of(Published(TenPerMember with { Window = "per-request", Title = null })).Ask(11).Denials);
        Assert.Equal(
            "Your organization's own limit: you may get up to 10 GPU-hours per request. You asked for 11 GPU-hours. "
                + "Ask for 10 GPU-hours or less now, or ask an owner of your organization to raise it. Waiting does not help.",
            QuotaSentences.For(denied, "en")
        );
        var korean = QuotaSentences.For(denied, "ko");
        Assert.StartsWith("귀 조직이 정한 한도: 귀하는", korean, StringComparison.Ordinal);
        Assert.Contains("조직의 소유자에게 한도 상향을 요청해 주십시오.", korean, StringComparison.Ordinal);
        Assert.StartsWith(
            "The organization's own limit: the member may",
            QuotaSentences.ForReviewer(denied, "en"),
            StringComparison.Ordinal
        );
        Assert.StartsWith("조직이 정한 한도: 신청한 구성원은", QuotaSentences.ForReviewer(denied, "ko"), StringComparison.Ordinal);
    }

    private static PublishedPolicy Published(OrganizationLimit limit) =>
        Quota.Published(PolicyWriter.Write(limit.ToDocument())) with
        {
            ScopeProgrammeId = null,
            ScopeOrganizationId = Quota.Organization,
        };
}

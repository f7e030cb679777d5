namespace GpuGrants.Tests.Quotas;

/// <summary>Which limits one person gets several times.</summary>
public class MultipliedLimitsTests
{
    private const string PerPerson =
        """{"id":"person","subject":{"level":"person"},"measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"50"},"outcome":"deny"}""";

    [Theory]
    [InlineData("organization", true)]
    [InlineData("project", true)]
    [InlineData("member", true)]
    [InlineData("organization-kind", false)]
    [InlineData("programme", false)]
    [InlineData("platform", false)]
    [InlineData("person", false)]
    public void A_limit_of_what_one_person_may_have_several_of_multiplies(string level, bool multiplies) =>
        Assert.Equal(multiplies, Warns(Limit($$""" "subject":{"level":"{{level}}"}""")));

    [Fact]
    public void A_limit_on_people_bounds_it_here_or_above()
    {
        var rule = Limit(""" "subject":{"level":"organization"}""");
        Assert.False(Warns(rule, PerPerson));
        Assert.DoesNotContain(
            "limit-multiplies",
            PolicyWarning.Of(Document(rule), Quota.Root, KnownNames.NotLookedAt, Document(PerPerson)).Select(one => one.Code)
        );
    }

    [Theory]
    [InlineData("\"measure\":\"gpu-hours-granted\"", "\"measure\":\"credits-granted\"", "\"gpuHours\"", "\"credits\"")]
    [InlineData("\"deny\"", "\"shadow\"", "", "")]
    [InlineData("\"level\":\"person\"", "\"level\":\"person\",\"kinds\":[\"student\"]", "", "")]
    [InlineData("\"lifetime\"", "\"per-request\"", "", "")]
    public void A_limit_on_people_that_counts_less_does_not_bound_it(string old, string changed, string oldUnit, string unit)
    {
        var person = PerPerson.Replace(old, changed, StringComparison.Ordinal);
        person = oldUnit.Length == 0 ? person : person.Replace(oldUnit, unit, StringComparison.Ordinal);
        Assert.True(Warns(Limit(""" "subject":{"level":"organization"}"""), person));
    }

    [Theory]
    [InlineData(""" "subject":{"level":"organization","grouping":"group"}""")]
    [InlineData(""" "subject":{"level":"organization","ids":["00000000-0000-7000-8000-0000000000a1"]}""")]
    [InlineData(""" "subject":{"level":"organization"},"outcome":"shadow" """)]
    public void What_is_shared_named_or_only_observed_does_not_multiply(string members) => Assert.False(Warns(Limit(members)));

    private static bool Warns(params string[] rules) =>
        PolicyWarning.Of(Document(rules), Quota.Root, KnownNames.NotLookedAt).Any(one => one.Code == "limit-multiplies");

    private static PolicyDocument Document(params string[] rules) => Quota.Published(Quota.Document(rules)).Document!;

    private static string Limit(string members) =>
        Quota.Rule($$"""{{members}},"measure":"gpu-hours-granted","window":{"kind":"lifetime"},"limit":{"gpuHours":"20"}""");
}

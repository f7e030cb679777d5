namespace GpuGrants.Tests.Quotas;

/// <summary>Rules that wait for what is not there.</summary>
public class DeadConditionsTests
{
    private static readonly KnownNames Known = new()
    {
        Models = new HashSet<string> { "h100" },
        Classes = new HashSet<string> { "datacenter" },
        MostMemoryGib = 80,
        Regions = new HashSet<string> { "kr-central" },
        Providers = new HashSet<Guid> { Quota.Partner },
        Partners = new HashSet<Guid> { Quota.Other },
        Offers = new HashSet<Guid> { Quota.Other },
        Programmes = new HashSet<Guid> { Quota.Root, Quota.Programme },
        Subjects = new HashSet<Guid> { Quota.Organization },
    };

    [Theory]
    [InlineData("""{"gpuModels":["h100","b300"]}""", "filter.gpuModels 'b300': there is no such GPU model.")]
    [InlineData("""{"gpuModels":["H100"]}""", "filter.gpuModels 'H100': nothing is called so.", "such as 'h100'")]
    [InlineData("""{"gpuClasses":["consumer"]}""", "filter.gpuClasses 'consumer': no GPU model is of this class.")]
    [InlineData(
        """{"regions":["us-east","Kr Central"]}""",
        "filter.regions 'us-east': no offer here is in this region.",
        "such as 'kr-central'"
    )]
    [InlineData("""{"tags":["Class"]}""", "filter.tags 'Class': nothing is called so.", "such as 'class'")]
    [InlineData("""{"providers":["00000000-0000-7000-8000-0000000000a1"]}""", "filter.providers", "there is no such provider.")]
    [InlineData("""{"offers":["00000000-0000-7000-8000-0000000000a1"]}""", "filter.offers", "there is no such offer here.")]
    [InlineData("""{"partners":["00000000-0000-7000-8000-0000000000a1"]}""", "filter.partners", "there is no such partner.")]
    [InlineData("""{"minGpuMemoryGib":81}""", "filter.minGpuMemoryGib '81': no GPU model has as much memory")]
    public void A_filter_that_can_never_match_is_named(string filter, params string[] said)
    {
        var warnings = Warnings($$""" "filter":{{filter}},"limit":{"gpuHours":"1"}""");
        Assert.All(said, one => Assert.Contains(one, string.Join(' ', warnings), StringComparison.Ordinal));
        Assert.Empty(Warnings($$""" "filter":{{filter}},"limit":{"gpuHours":"1"}""", KnownNames.NotLookedAt).Except(Misspelt(warnings)));
    }

    [Theory]
    [InlineData("organization", "there is no such organization here.")]
    [InlineData("programme", "there is no such programme here.")]
    public void A_subject_that_is_not_there_is_named(string level, string said)
    {
        var rule = $$""" "subject":{"level":"{{level}}","ids":["{{Quota.Member}}"]},"limit":{"gpuHours":"1"}""";
        Assert.Contains($"subject.ids '{Quota.Member}': {said}", Assert.Single(Warnings(rule)), StringComparison.Ordinal);
        Assert.Empty(Warnings(rule, KnownNames.NotLookedAt));
    }

    [Fact]
    public void A_programme_of_a_sharing_that_is_not_there_is_named()
    {
        var rule =
            $$""" "subject":{"level":"programme"},"window":{"kind":"lifetime"},"sharing":{"nodes":[{"programmeId":"{{Quota.Member}}","nominal":{"gpuHours":"1"} }]}""";
        Assert.Contains("sharing.nodes", Assert.Single(Warnings(rule)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_there_makes_no_warning() =>
        Assert.Empty(
            Warnings(
                $$"""
                "filter":{"gpuModels":["h100"],"minGpuMemoryGib":80,"gpuClasses":["datacenter"],"regions":["kr-central"],"tags":["any-tag"],
                "providers":["{{Quota.Partner}}"],"offers":["{{Quota.Other}}"]},
                "subject":{"level":"organization","ids":["{{Quota.Organization}}"]},"limit":{"gpuHours":"1"}
                """
            )
        );

    private static IEnumerable<string> Misspelt(IEnumerable<string> warnings) =>
        warnings.Where(one => one.Contains("nothing is called so", StringComparison.Ordinal));

    private static List<string> Warnings(string members, KnownNames? known = null)
    {
        var window = members.Contains("\"window\"", StringComparison.Ordinal) ? "" : "\"window\":{\"kind\":\"per-request\"},";
        var document = Quota.Published(Quota.Document(Quota.Rule($"{window}\"measure\":\"gpu-hours-granted\",{members}"))).Document!;
        return
        [
            .. PolicyWarning.Of(document, Quota.Root, known ?? Known).Where(one => one.Code == "never-matches").Select(one => one.Message),
        ];
    }
}

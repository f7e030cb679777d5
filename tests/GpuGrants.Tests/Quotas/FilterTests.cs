namespace GpuGrants.Tests.Quotas;

/// <summary>A filter's conditions, each for itself.</summary>
public class FilterTests
{
    /// <summary>What <see cref="Quota.Startup"/> does not meet: it is a hundred days old, verified, and asks for 80 GiB.</summary>
    private static readonly FilterCondition[] Unmet =
    [
        new GpuModelCondition(["elsewhere"]),
        new GpuClassCondition(["elsewhere"]),
        new MinGpuMemoryCondition(1_000),
        new ProviderCondition([Quota.Other]),
        new OfferCondition([Quota.Other]),
        new PartnerCondition([Quota.Other]),
        new RegionCondition(["elsewhere"]),
        new TagCondition(["elsewhere"]),
        new MinOrganizationAgeCondition(1_000),
        new MaxOrganizationAgeCondition(1),
        new VerifiedCondition(false),
    ];

    public static TheoryData<string> Members => [.. Unmet.Select(one => one.Member)];

    [Theory]
    [MemberData(nameof(Members))]
    public void Whatever_condition_is_stated_a_context_that_does_not_meet_it_is_not_covered(string member)
    {
        Assert.True(Covers(QuotaFilter.Everything));
        Assert.False(Covers(QuotaFilter.Of(Unmet.Single(one => one.Member == member))));
    }

    [Fact]
    public void Every_kind_of_condition_is_read_from_documents_and_tested_here()
    {
        var kinds = typeof(FilterCondition)
            .Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(FilterCondition)))
            .ToHashSet();
        Assert.Equal(kinds, Unmet.Select(one => one.GetType()).ToHashSet());
        foreach (var one in Unmet)
        {
            var document = new PolicyDocument { Rules = [Rule(QuotaFilter.Of(one))] };
            var read = PolicyParser.Parse(PolicyWriter.Write(document)).Document!.Rules[0].Filter;
            Assert.Equal(one.GetType(), Assert.Single(read.Conditions).GetType());
        }
    }

    private static bool Covers(QuotaFilter filter) =>
        CompiledQuotas.Compile([World.Publish(new PolicyDocument { Rules = [Rule(filter)] })], []).Match(Quota.Startup).Keys.Any();

    private static QuotaRule Rule(QuotaFilter filter) =>
        new()
        {
            Id = "r",
            Measure = QuotaMeasure.RequestsMade,
            Subject = new QuotaSubject { Level = SubjectLevel.Organization },
            Filter = filter,
            Window = new LifetimeWindow(),
            Limit = 1,
            Outcome = BreachOutcome.Deny,
        };
}

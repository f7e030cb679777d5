using System.Reflection;

namespace GpuGrants.Tests.Quotas;

/// <summary>A filter's conditions, each for itself.</summary>
public class FilterTests
{
    public static TheoryData<string> Conditions =>
        [
            .. typeof(QuotaFilter)
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(one => one.SetMethod is not null)
                .Select(one => one.Name),
        ];

    [Theory]
    [MemberData(nameof(Conditions))]
    public void Whatever_condition_is_stated_a_context_that_does_not_meet_it_is_not_covered(string name)
    {
        var filter = new QuotaFilter();
        var property = typeof(QuotaFilter).GetProperty(name)!;
        property.SetValue(filter, Unmet(property));
        Assert.True(Covers(QuotaFilter.Everything));
        Assert.False(Covers(filter));
    }

    /// <summary>What <see cref="Quota.Startup"/> does not meet: it is a hundred days old, verified, and asks for 80 GiB.</summary>
    private static object Unmet(PropertyInfo condition) =>
        condition.PropertyType switch
        {
            var type when type == typeof(IReadOnlyList<string>) => (string[])["elsewhere"],
            var type when type == typeof(IReadOnlyList<Guid>) => (Guid[])[Quota.Other],
            var type when type == typeof(bool?) => false,
            _ => condition.Name.StartsWith("Min", StringComparison.Ordinal) ? 1_000 : 1,
        };

    private static bool Covers(QuotaFilter filter)
    {
        var rule = new QuotaRule
        {
            Id = "r",
            Measure = QuotaMeasure.RequestsMade,
            Subject = new QuotaSubject { Level = SubjectLevel.Organization },
            Filter = filter,
            Window = new QuotaWindow { Kind = WindowKind.Lifetime },
            Limit = 1,
            Outcome = BreachOutcome.Deny,
        };
        return CompiledQuotas.Compile([World.Publish(new PolicyDocument { Rules = [rule] })], []).Match(Quota.Startup).Keys.Any();
    }
}

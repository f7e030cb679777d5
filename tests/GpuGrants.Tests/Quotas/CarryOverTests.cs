using System.Globalization;

namespace GpuGrants.Tests.Quotas;

/// <summary>
/// What closed windows leave to later ones. Each table was reckoned by hand: month by month, what the month was given, what was used in
/// it, and what it left.
/// </summary>
public class CarryOverTests
{
    /// <summary>The policy began on 10 January with 10 hours a month. At most 15 are carried. 4 are used in February and 18 in
    /// April.</summary>
    [Theory]
    [InlineData(1, 0, 10)] // nothing came before the policy
    [InlineData(2, 10, 20)] // January left 10 of 10
    [InlineData(3, 15, 25)] // February left 20 - 4 = 16, of which 15 are carried
    [InlineData(4, 15, 25)] // March left 25, of which 15 are carried
    [InlineData(5, 7, 17)] // April left 25 - 18
    [InlineData(6, 15, 25)] // May left 17, of which 15 are carried
    public void Windows_count_from_the_policys_beginning_and_not_from_first_use(int month, int carried, int limit)
    {
        var quota = Quota.Since(Day(1, 10), Monthly(10, 15));
        foreach (var (hours, day) in ((int, DateTimeOffset)[])[(4, Day(2, 20)), (18, Day(4, 2))])
            if (day < Day(month, 1))
                quota.Grant(hours, day);
        AssertStands(quota, Day(month, month == 1 ? 12 : 1), carried, limit);
    }

    /// <summary>10 hours from January, 30 from 15 March, 5 from 1 May. Nothing is used. At most 100 are carried.</summary>
    [Theory]
    [InlineData(2, 10, 20)] // January closed with 10
    [InlineData(3, 20, 30)] // February closed with 10 more
    [InlineData(4, 50, 80)] // March closed with 30 more: the version of the 15th was in force at its end
    [InlineData(5, 80, 85)] // April closed with 30 more; May has 5
    [InlineData(6, 85, 90)] // May closed with 5 more
    public void Each_window_carries_over_by_the_version_in_force_when_it_closed(int month, int carried, int limit)
    {
        PublishedPolicy[] versions =
        [
            Version(1, Monthly(10, 100), Day(1, 1), Day(3, 15)),
            Version(2, Monthly(30, 100), Day(3, 15), Day(5, 1)),
            Version(3, Monthly(5, 100), Day(5, 1)),
        ];
        var at = Day(month, 2);
        AssertStands(Quota.Of(versions), at, carried, limit);
        // A replica that reads the configuration later gets the versions that are over for this alone.
        AssertStands(Quota.Of([.. versions.Where(Holds)], [], [.. versions.Where(one => !Holds(one))]), at, carried, limit);

        bool Holds(PublishedPolicy one) => one.EffectiveUntil is not { } until || until > at;
    }

    /// <summary>10 hours a month from January. An override gives 30 from 10 February to 10 April. Nothing is used.</summary>
    [Theory]
    [InlineData(2, 12, 10, 40)]
    [InlineData(3, 12, 40, 70)] // February closed with 30
    [InlineData(4, 12, 70, 80)] // March closed with 30; the override is over
    [InlineData(5, 12, 80, 90)] // April closed with 10
    public void An_override_counts_in_the_windows_that_closed_while_it_was_in_force(int month, int day, int carried, int limit) =>
        AssertStands(
            Quota.Since(Day(1, 1), Monthly(10, 100), Quota.Override(OverrideEffect.Replace, Quota.Seconds(30), Day(2, 10), Day(4, 10))),
            Day(month, day),
            carried,
            limit
        );

    /// <summary>10 hours a month. From 10 March an override leaves 2: what January and February left stays.</summary>
    [Fact]
    public void A_lowered_limit_takes_nothing_of_months_ago()
    {
        var lowered = Quota.Since(Day(1, 1), Monthly(10, 100), Quota.Override(OverrideEffect.Replace, Quota.Seconds(2), Day(3, 10)));
        AssertStands(lowered, Day(3, 9), 20, 30);
        AssertStands(lowered, Day(3, 11), 20, 22);
        AssertStands(lowered, Day(4, 1), 22, 24);
    }

    /// <summary>10 hours of use a month. 6 hours of January are reported in March, and 2 of them are taken back.</summary>
    [Fact]
    public void Usage_that_is_reported_late_corrects_what_its_window_left()
    {
        var quota = Quota.Since(
            Day(1, 1),
            """ "measure":"gpu-hours-used","limit":{"gpuHours":"10"},"window":{"kind":"calendar","unit":"month","carryOver":{"max":{"gpuHours":"100"}}}"""
        );
        AssertStands(quota, Day(3, 5), 20, 30);
        quota.Happens(QuotaFact.Used(Day(3, 6), Day(1, 20), Quota.Hours(6)));
        AssertStands(quota, Day(3, 6), 14, 24);
        quota.Happens(QuotaFact.Unused(Day(3, 7), Day(1, 20), Quota.Hours(2)));
        AssertStands(quota, Day(3, 7), 16, 26);
    }

    /// <summary>The policy was retired from 20 February to 10 April. Months that closed meanwhile carry nothing.</summary>
    [Theory]
    [InlineData(2, 10, 20)]
    [InlineData(4, 0, 10)]
    [InlineData(5, 10, 20)]
    public void A_window_that_closed_while_no_version_was_in_force_carries_nothing(int month, int carried, int limit) =>
        AssertStands(
            Quota.Of(Version(1, Monthly(10, 100), Day(1, 1), Day(2, 20)), Version(2, Monthly(10, 100), Day(4, 10))),
            Day(month, 15),
            carried,
            limit
        );

    [Fact]
    public void Rules_that_count_the_same_carry_over_by_their_own_bounds()
    {
        var document = Quota.Document(Quota.Rule(Monthly(10, 4), "four"), Quota.Rule(Monthly(9, 6) + ",\"outcome\":\"review\"", "six"));
        var quota = Quota.Of(Quota.Published(document) with { EffectiveFrom = Day(1, 1) });
        Assert.Equal(
            [("four", 4), ("six", 6)],
            quota.Ask(1, Day(3, 1)).Evaluations.Select(one => (one.Rule.Rule.Id, (int)(one.Carried / 3_600))).Order()
        );
    }

    [Fact]
    public void A_decision_is_taken_again_by_the_versions_and_overrides_by_which_its_windows_closed()
    {
        PublishedPolicy[] versions = [Version(1, Monthly(10, 100), Day(1, 1), Day(3, 1)), Version(2, Monthly(30, 100), Day(3, 1))];
        QuotaOverride[] overrides =
        [
            Quota.Override(OverrideEffect.Add, Quota.Seconds(5), Day(1, 20), Day(2, 10)),
            Quota.Override(OverrideEffect.Add, Quota.Seconds(7), Day(5, 20)),
        ];
        var quota = Quota.Of(versions, overrides, []);
        // 15 of January and 10 of February.
        AssertStands(quota, Day(3, 2), 25, 55);
        var snapshot = DecisionSnapshot.FromBytes(
            DecisionSnapshot.Take(quota.Compiled.Match(Quota.Startup), Quota.AskFor(60), quota.Counters, Day(3, 2)).ToBytes()
        );
        Assert.Equal([(1, true), (2, false)], snapshot.Policies.Select(one => (one.Version, one.IsOver)).Order());
        Assert.Single(snapshot.Overrides);
        // What happened to the versions since does not matter.
        var again = snapshot.Replay([versions[0], versions[1] with { EffectiveUntil = Day(3, 2) }]);
        Assert.Equal(Quota.Seconds(25), again.Evaluations.Single().Carried);
        Assert.Equal(Quota.Hours(55), again.MaxGrantable);
    }

    [Fact]
    public void What_a_higher_limit_of_the_past_may_still_bring_is_retryable()
    {
        var quota = Quota.Of(
            Version(1, Monthly(50, 40) + ",\"refund\":true", Day(1, 1), Day(2, 20)),
            Version(2, Monthly(1, 40) + ",\"refund\":true", Day(2, 20))
        );
        quota.Grant(50, Day(1, 15));
        // January may still get back what its grant does not use.
        Assert.True(quota.Ask(20, Day(2, 25)).Evaluations[0].IsRetryable);
        Assert.False(quota.Ask(42, Day(2, 25)).Evaluations[0].IsRetryable);
    }

    private static string Monthly(int hours, int most) =>
        $$"""
            "measure":"gpu-hours-granted","limit":{"gpuHours":"{{hours}}"},
            "window":{"kind":"calendar","unit":"month","timeZone":"UTC","carryOver":{"max":{"gpuHours":"{{most}}"} } }
            """;

    private static PublishedPolicy Version(int number, string members, DateTimeOffset from, DateTimeOffset? until = null) =>
        Quota.Published(Quota.Document(Quota.Rule(members)), version: number) with
        {
            EffectiveFrom = from,
            EffectiveUntil = until,
        };

    private static void AssertStands(Quota quota, DateTimeOffset at, int carriedHours, int limitHours)
    {
        var one = Assert.Single(quota.Ask(1, at).Evaluations);
        Assert.Equal((Quota.Seconds(carriedHours), Quota.Seconds(limitHours)), (one.Carried, one.Limit));
    }

    private static DateTimeOffset Day(int month, int day) =>
        DateTimeOffset.Parse($"2026-{month:00}-{day:00}T00:00:00Z", CultureInfo.InvariantCulture);
}

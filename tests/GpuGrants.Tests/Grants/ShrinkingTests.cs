using CsCheck;
using GpuGrants.Grants;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Grants;

/// <summary>A grant never gives back what may have been used.</summary>
public class ShrinkingTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly UsageTerms TenHours = new(true, Start, Start.AddDays(10), 1, GpuTime.FromSeconds(36_000));

    [Fact]
    public void All_of_it_comes_back_before_its_start() =>
        Assert.Equal(36_000, Shrinking.MostOf(TenHours, default, Start.AddDays(-1)).Seconds);

    [Fact]
    public void What_may_have_been_used_until_now_stays() =>
        Assert.Equal(36_000 - (3 * 3_600), Shrinking.MostOf(TenHours, default, Start.AddHours(3)).Seconds);

    [Fact]
    public void An_end_in_two_hours_leaves_what_can_be_used_until_then() =>
        Assert.Equal(36_000 - (2 * 3_600), Shrinking.BeyondUse(TenHours with { EndsAt = Start.AddHours(2) }, default).Seconds);

    [Fact]
    public void Whatever_was_reported_what_stays_pays_for_all_that_can_still_be_reported() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[0, 240], Gen.Long[0, 36_000], Gen.Int[1, 240])
            .Sample(
                (gpus, hours, usedSeconds, endHours) =>
                {
                    var terms = TenHours with { Gpus = gpus };
                    var used = MeteredTime.FromMicroseconds(usedSeconds * 1_000_000);
                    var at = Start.AddHours(hours);
                    var left = terms.Most - used.Charged;
                    var most = Shrinking.MostOf(terms, used, at);
                    Assert.InRange(most.Seconds, 0, left.Seconds);
                    var possible = Math.Min(left.Seconds, Math.Max(0, (hours * 3_600L * gpus) - usedSeconds));
                    Assert.True(left.Seconds - most.Seconds >= possible);
                    var beyond = Shrinking.BeyondUse(terms with { EndsAt = Start.AddHours(endHours), Most = terms.Most - most }, used);
                    Assert.InRange(beyond.Seconds, 0, (left - most).Seconds);
                }
            );
}

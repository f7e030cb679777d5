using GpuGrants.Tests.Quotas;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Lives;

/// <summary>
/// Thousands of random lives of grants in the rules alone. Limits on use hold at all times, and all time is accounted for.
/// <c>GPUGRANTS_TEST_LIVES</c> says how many new lives to search; each failure prints its seed.
/// </summary>
public class LivedGrantsTests
{
    private const int Steps = 90;
    private const int Hour = 3_600;

    private static readonly (string Kind, string Window)[] Windows =
    [
        ("day", """{"kind":"calendar","unit":"day"}"""),
        ("three-days", """{"kind":"anchored","length":"P3D","anchor":"2026-01-01"}"""),
        ("rolling", """{"kind":"rolling","duration":"P2D"}"""),
        ("lifetime", """{"kind":"lifetime"}"""),
    ];

    [Fact]
    public void Whatever_happens_to_grants_limits_on_use_hold_and_all_time_is_accounted_for() =>
        NewLives.Search(otherwise: 20, most: 5, Failure);

    private static string? Failure(int seed)
    {
        var random = new Random(seed);
        var rules = Windows
            .OrderBy(_ => random.Next())
            .Take(random.Next(1, 3))
            .Select(one => (one.Kind, one.Window, random.Next(6, 30)))
            .ToList();
        var quota = Quota.Of([
            .. rules.Select(one =>
                Quota.Published(
                    Quota.Document(
                        Quota.Rule($$""" "measure":"gpu-hours-used","limit":{"gpuHours":"{{one.Item3}}"},"window":{{one.Window}}""")
                    ),
                    Guid.NewGuid()
                )
            ),
        ]);
        var lives = new LivedGrants(quota, random, graceSeconds: random.Next(2) * Hour);
        try
        {
            for (var step = 0; step < Steps; step++)
            {
                lives.Step();
                Check(lives);
                foreach (var (kind, _, limit) in rules)
                    Check(lives, kind, limit);
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return $"Seed {seed}, {string.Join(" and ", rules.Select(one => $"{one.Item3} h in {one.Kind}"))}: {failure}\n"
                + string.Join('\n', lives.Story);
        }

        return null;
    }

    private static void Check(LivedGrants lives)
    {
        Assert.Equal(lives.PromisedSeconds, lives.Grants.Sum(one => one.GrantedSeconds - one.ReturnedSeconds));
        foreach (var grant in lives.Grants)
        {
            Assert.Equal(grant.Records.Sum(one => one.Charged.GpuMicroseconds), grant.Used.GpuMicroseconds);
            Assert.Equal(grant.Records.Sum(one => one.ChargedSeconds) + grant.VoidedSeconds, grant.Used.Charged.Seconds);
            Assert.InRange(grant.Used.Charged.Seconds + grant.ReturnedSeconds, 0, grant.GrantedSeconds);
            var all = UsageSpan.Between(grant.From, grant.To);
            Assert.InRange(grant.Profile().MostWithin(all), 0, grant.Gpus * 1_000);
            Assert.All(grant.Records, one => Assert.Equal(one.Span, one.Span.Within(all)));
        }
    }

    private static void Check(LivedGrants lives, string kind, int limit)
    {
        foreach (var window in WindowOnPaper.Of(kind, lives))
        {
            // Each act may round by a second or two.
            var taken = window.Taken(lives);
            Assert.True(taken <= (limit * Hour) + 60 + lives.Story.Count, $"{taken} s of {limit * Hour} s are taken of {kind} {window}.");
        }
    }
}

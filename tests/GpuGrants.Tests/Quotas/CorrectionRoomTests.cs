using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

/// <summary>Time that a correction gives back stays with its grant as far as limits on used hours have room for it.</summary>
public class CorrectionRoomTests
{
    private static readonly DateTimeOffset Noon = Quota.Noon;

    // Days begin at 15:00, which is midnight in Seoul.
    private const string Daily = """{"kind":"calendar","unit":"day"}""";

    [Fact]
    public void Time_that_comes_back_in_its_own_window_changes_nothing_there()
    {
        var quota = Quota.OfUse("""{"kind":"calendar","unit":"month"}""", "10");
        quota.Grant(Quota.Life(0, 5), 10);
        Use(quota, Quota.Life(0, 5), 10, left: 10, fromHour: 0, toHour: 10);
        Assert.Equal(0, ToReturn(quota, Quota.Life(0, 5), 6, left: 0, fromHour: 0, toHour: 10, recordedHour: 10, nowHour: 20));
    }

    [Fact]
    public void What_others_filled_meanwhile_takes_what_comes_back()
    {
        var quota = Quota.OfUse(Daily, "9");
        var life = Quota.Life(0, 3);
        quota.Grant(life, 9);
        Use(quota, life, 3, left: 9, fromHour: 0, toHour: 3);
        // 6 of the first grant are left, and 2 of the second: the second day has room for one hour.
        quota.Grant(Quota.Life(1, 2), 2);
        Assert.Equal(2, ToReturn(quota, life, 3, left: 6, fromHour: 0, toHour: 3, recordedHour: 3, nowHour: 26));
        Assert.Equal(0, ToReturn(quota, life, 1, left: 6, fromHour: 0, toHour: 3, recordedHour: 3, nowHour: 26));
    }

    [Fact]
    public void A_window_that_is_over_has_no_room_but_for_what_was_recorded_after_it()
    {
        var quota = Quota.OfUse(Daily, "9");
        var life = Quota.Life(0, 4);
        quota.Grant(life, 5);
        // Used on the first day. Two days later nobody knows how full the second day was.
        Use(quota, life, 3, left: 5, fromHour: 0, toHour: 3);
        Assert.Equal(3, ToReturn(quota, life, 3, left: 2, fromHour: 0, toHour: 3, recordedHour: 3, nowHour: 60));
        Assert.Equal(0, ToReturn(quota, life, 3, left: 2, fromHour: 0, toHour: 3, recordedHour: 52, nowHour: 60));
    }

    [Fact]
    public void What_moves_to_where_a_moving_window_remembers_nothing_has_no_room_and_what_stays_there_needs_none()
    {
        var quota = Quota.OfUse("""{"kind":"rolling","duration":"P1D"}""", "9");
        var life = Quota.Life(0, 8);
        quota.Grant(life, 3);
        Use(quota, life, 3, left: 3, fromHour: 0, toHour: 3);
        var match = quota.Compiled.Match(Quota.Startup with { Gpus = 1 });
        GpuTime ReturnOf(int fromHour, int toHour) =>
            CorrectionRoom
                .Missing(
                    match,
                    [
                        QuotaFact.Unused(Noon.AddHours(90), Noon.AddHours(3), Quota.Hours(3)).Since(Noon).Of(life, Quota.Hours(0)),
                        QuotaFact
                            .Used(Noon.AddHours(90), Noon.AddHours(toHour), Quota.Hours(toHour - fromHour))
                            .Since(Noon.AddHours(fromHour))
                            .Of(life, Quota.Hours(3)),
                    ],
                    Noon.AddHours(3),
                    quota.Counters,
                    Noon.AddHours(90)
                )
                .Time;
        Assert.True(ReturnOf(40, 43).Seconds > Quota.Hours(3).Seconds);
        Assert.Equal(Quota.Hours(1), ReturnOf(0, 2));
        Assert.Equal(GpuTime.Zero, ReturnOf(0, 3));
    }

    [Fact]
    public void The_tightest_rule_in_force_decides_and_shadow_rules_do_not()
    {
        var quota = Quota.Of(Policy("20", "deny"), Policy("9", "review"), Policy("1", "shadow"));
        var life = Quota.Life(0, 3);
        quota.Grant(life, 9);
        Use(quota, life, 3, left: 9, fromHour: 0, toHour: 3);
        quota.Grant(Quota.Life(1, 2), 2);
        Assert.Equal(2, ToReturn(quota, life, 3, left: 6, fromHour: 0, toHour: 3, recordedHour: 3, nowHour: 26));
    }

    private static int ToReturn(
        Quota quota,
        GrantLife life,
        int hours,
        int left,
        double fromHour,
        double toHour,
        double recordedHour,
        double nowHour
    )
    {
        var fact = QuotaFact
            .Unused(Noon.AddHours(nowHour), Noon.AddHours(toHour), Quota.Hours(hours))
            .Since(Noon.AddHours(fromHour))
            .Of(life, Quota.Hours(left));
        var match = quota.Compiled.Match(Quota.Startup with { Gpus = life.Gpus });
        var returned = CorrectionRoom.Missing(match, [fact], Noon.AddHours(recordedHour), quota.Counters, Noon.AddHours(nowHour)).Time;
        return (int)(returned.Seconds / 3_600);
    }

    private static PublishedPolicy Policy(string hours, string outcome) =>
        Quota.Published(Quota.Document(Quota.Rule(Quota.MembersOfUse(Daily, hours) + $",\"outcome\":\"{outcome}\"")), Guid.NewGuid());

    private static void Use(Quota quota, GrantLife life, int hours, int left, double fromHour, double toHour) =>
        quota.Happens(
            QuotaFact
                .Used(Noon.AddHours(toHour), Noon.AddHours(toHour), Quota.Hours(hours))
                .Since(Noon.AddHours(fromHour))
                .Of(life, Quota.Hours(left))
        );
}

using CsCheck;
using GpuGrants.Independence;

namespace GpuGrants.Tests.Independence;

public sealed class IndependenceRuleTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Window = TimeSpan.FromDays(90);
    private static readonly Guid Mine = Guid.NewGuid();
    private static readonly Guid Other = Guid.NewGuid();

    [Fact]
    public void A_past_belonging_counts_until_the_very_moment_at_which_the_window_has_passed()
    {
        Assert.NotNull(Conflict(Of(PartyKind.Organization, Now - Window + TimeSpan.FromTicks(1)), Party.Organization(Mine)));
        Assert.Null(Conflict(Of(PartyKind.Organization, Now - Window), Party.Organization(Mine)));
        Assert.NotNull(Conflict(Of(PartyKind.Organization, null), Party.Organization(Mine)));
    }

    [Fact]
    public void Who_belongs_elsewhere_decides()
    {
        Assert.Null(Conflict(Of(PartyKind.Organization, null), Party.Organization(Other)));
        Assert.Null(Conflict(Of(PartyKind.Provider, null), Party.Organization(Mine)));
        Assert.Null(IndependenceRule.Conflict([], [Party.Organization(Mine)], Now, Window));
        Assert.Null(Conflict(Of(PartyKind.Organization, null)));
    }

    [Fact]
    public void What_benefits_a_kind_benefits_each_organization_of_it()
    {
        var startup = Of(PartyKind.Organization, null) with { OrganizationKind = "startup" };
        Assert.NotNull(Conflict(startup, Party.OrganizationsOfKind("startup")));
        Assert.Null(Conflict(startup, Party.OrganizationsOfKind("school")));
    }

    [Fact]
    public void What_benefits_a_programme_benefits_each_organization_that_asked_there_or_below()
    {
        Guid[] path = [Guid.NewGuid(), Guid.NewGuid()];
        var asker = Of(PartyKind.Organization, null) with { AskedIn = path };
        Assert.All(path, programme => Assert.NotNull(Conflict(asker, Party.OrganizationsThatAsked(programme))));
        Assert.NotNull(Conflict(asker, Party.OrganizationsThatAsked(null)));
        Assert.Null(Conflict(asker, Party.OrganizationsThatAsked(Guid.NewGuid())));
        Assert.Null(Conflict(Of(PartyKind.Organization, null), Party.OrganizationsThatAsked(null)));
    }

    [Fact]
    public void Who_answers_for_those_who_pay_is_no_party_of_the_programme_that_gains()
    {
        var root = Guid.NewGuid();
        Guid[] gains = [Mine, root];
        Assert.NotNull(Conflict(Of(PartyKind.Programme, null), Party.Programme(gains, [Other, root])));
        Assert.Null(Conflict(new Belonging(PartyKind.Programme, root, null), Party.Programme(gains, [Other, root])));
        // New credits of a sponsor come from outside the tree.
        Assert.NotNull(Conflict(new Belonging(PartyKind.Programme, root, null), Party.Programme(gains, [])));
    }

    [Fact]
    public void The_belonging_that_counts_longest_is_named()
    {
        Belonging[] all = [Of(PartyKind.Organization, Now.AddDays(-5)), Of(PartyKind.Organization, null)];
        Assert.Null(IndependenceRule.Conflict(all, [Party.Organization(Mine)], Now, Window)!.Until);
    }

    [Fact]
    public void Whatever_they_belonged_to_somebody_is_stopped_exactly_when_one_of_their_parties_gains_in_time()
    {
        var ids = Enumerable.Range(0, 4).Select(_ => Guid.NewGuid()).ToArray();
        var belonging = Gen.Select(
            Gen.Enum<PartyKind>(),
            Gen.OneOfConst(ids),
            Gen.Int[-1, 180],
            (kind, id, days) => new Belonging(kind, id, days < 0 ? null : Now.AddDays(-days))
        );
        var party = Gen.Select(Gen.OneOfConst(PartyKind.Organization, PartyKind.Provider, PartyKind.Partner), Gen.OneOfConst(ids));
        Gen.Select(belonging.List[0, 5], party.List[0, 4])
            .Sample(
                (belongings, gains) =>
                {
                    var stopped = belongings.Any(one =>
                        (one.Until is null || one.Until > Now.AddDays(-90)) && gains.Any(gain => gain == (one.Kind, one.Id))
                    );
                    Party[] parties = [.. gains.Select(gain => PartyOf(gain.Item1, gain.Item2))];
                    Assert.Equal(stopped, IndependenceRule.Conflict(belongings, parties, Now, Window) is not null);
                }
            );
    }

    private static Party PartyOf(PartyKind kind, Guid id) =>
        kind switch
        {
            PartyKind.Organization => Party.Organization(id),
            PartyKind.Provider => Party.Provider(id),
            _ => Party.Partner(id),
        };

    private static Belonging Of(PartyKind kind, DateTimeOffset? until) => new(kind, Mine, until);

    private static Belonging? Conflict(Belonging one, params Party[] parties) => IndependenceRule.Conflict([one], parties, Now, Window);
}

using System.Collections.Frozen;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Requests;
using GpuGrants.Trees;

namespace GpuGrants.Api.Tests.Ledger;

/// <summary>Where credits go on that come back to the budget of an ended programme.</summary>
public sealed class ReturnAccountTests
{
    private static readonly Guid[] Path = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];

    private static readonly TreeId Tree = TreeId.Of(Path[^1]);

    [Fact]
    public void What_comes_back_to_an_open_programme_stays_there() => Assert.Equal(Budget(Path[0]), Of());

    [Fact]
    public void What_comes_back_to_an_ended_programme_goes_to_the_nearest_open_one_above() =>
        Assert.Equal(Budget(Path[2]), Of(Path[0], Path[1]));

    [Fact]
    public void Where_all_have_ended_it_is_breakage() => Assert.Equal(new ReturnAccount(AccountKind.Breakage, Tree.Value), Of(Path));

    private static ReturnAccount Budget(Guid programme) => new(AccountKind.Budget, programme);

    private static ReturnAccount Of(params Guid[] ended) =>
        ReturnAccount.Of(
            Tree,
            Path.Select((id, depth) => Programme(id, Path[depth..], ended.Contains(id))).ToFrozenDictionary(one => one.Id),
            Path
        );

    /// <summary>A programme with a budget of its own.</summary>
    private static ProgrammeConfig Programme(Guid id, Guid[] path, bool hasEnded) =>
        new(id, "Programme", Terms(id), path, id, TimeSpan.FromDays(1), "UTC") { HasEnded = hasEnded };

    private static ProgrammeTerms Terms(Guid id) =>
        new()
        {
            ProgrammeId = id,
            IsActive = true,
            IsLive = true,
            StartsAt = DateTimeOffset.UnixEpoch,
            EndsAt = null,
            Kinds = [],
            Countries = [],
            EmailDomains = [],
            Verification = default,
            MaxGrantDuration = TimeSpan.FromDays(365),
        };
}

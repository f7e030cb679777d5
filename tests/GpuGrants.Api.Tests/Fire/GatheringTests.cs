using GpuGrants.Api.Pipeline;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Who waits for whom before a batch begins. None of the times below passes while a test runs.</summary>
public sealed class GatheringTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private int _waiting;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_few_callers_wait_for_nobody(int callers)
    {
        var gathering = Make(expected: 64);
        _waiting = callers;

        Assert.True(gathering.WaitAsync().AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public void A_crowd_that_is_complete_waits_for_nobody()
    {
        var gathering = Make(expected: 8);
        _waiting = 8;

        Assert.True(gathering.WaitAsync().AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_crowd_waits_for_those_who_were_just_answered_and_goes_with_the_last_of_them()
    {
        var gathering = Make(expected: 8);
        _waiting = 6;
        var wait = gathering.WaitAsync().AsTask();
        Assert.False(wait.IsCompleted);

        _waiting = 7;
        gathering.Came();
        Assert.False(wait.IsCompleted);

        _waiting = 8;
        gathering.Came();
        await wait;
    }

    [Fact]
    public async Task A_crowd_whose_patience_ends_goes_without_the_rest()
    {
        var gathering = new Gathering(() => _waiting, Hour);
        gathering.Expect(8, took: TimeSpan.Zero);
        _waiting = 6;

        await gathering.WaitAsync();
    }

    [Fact]
    public async Task Whoever_comes_at_the_moment_when_patience_ends_is_not_taken_for_the_next_crowd()
    {
        var gathering = new Gathering(() => _waiting, Hour);
        _waiting = 8;
        for (var i = 0; i < 1_000; i++)
        {
            gathering.Expect(8, TimeSpan.Zero);
            _waiting = 6;
            var wait = Task.Run(() => gathering.WaitAsync().AsTask());
            _waiting = 8;
            gathering.Came();
            await wait;
        }

        gathering.Expect(8, took: Hour * 4);
        _waiting = 6;
        var next = gathering.WaitAsync().AsTask();
        Assert.False(next.IsCompleted);
        _waiting = 8;
        gathering.Came();
        await next;
    }

    private Gathering Make(int expected)
    {
        var gathering = new Gathering(() => _waiting, Hour);
        gathering.Expect(expected, took: Hour * 4);
        return gathering;
    }
}

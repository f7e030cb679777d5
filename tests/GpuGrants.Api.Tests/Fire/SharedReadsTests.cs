using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Batches;
using Microsoft.Extensions.Time.Testing;

namespace GpuGrants.Api.Tests.Fire;

/// <summary>Who shares a statement with whom. Each statement below waits until the test lets it answer.</summary>
public sealed class SharedReadsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<Statement> _statements = [];
    private readonly SharedReads<int, string> _reads;

    public SharedReadsTests() =>
        _reads = new(
            questions =>
            {
                var statement = new Statement([.. questions], new(TaskCreationOptions.RunContinuationsAsynchronously));
                lock (_statements)
                    _statements.Add(statement);
                return statement.Answer.Task;
            },
            new()
            {
                Statements = 1,
                StatementsAtMost = 2,
                Patience = TimeSpan.FromSeconds(1),
                Together = 3,
                Waiting = 5,
                Refusal = "Too many wait.",
            },
            _clock
        );

    [Fact]
    public async Task A_lone_caller_is_served_at_once()
    {
        var answer = Ask(1);

        Assert.Equal([1], _statements.Single().Questions);
        _statements[0].Answer.SetResult("one");
        Assert.Equal("one", await answer);
    }

    [Fact]
    public async Task Those_who_come_while_a_statement_is_under_way_share_the_next_ones()
    {
        var first = Ask(1);
        var others = Enumerable.Range(2, 4).Select(Ask).ToList();
        Assert.Single(_statements);

        _statements[0].Answer.SetResult("one");
        await first;
        Assert.Equal([2, 3, 4], (await StatementAsync(1)).Questions);
        _statements[1].Answer.SetResult("three");
        Assert.Equal(["three", "three", "three"], await Task.WhenAll(others.Take(3)));
        Assert.Equal([5], (await StatementAsync(2)).Questions);
        _statements[2].Answer.SetResult("last");
        Assert.Equal("last", await others[3]);
    }

    [Fact]
    public async Task A_statement_that_fails_fails_for_those_who_shared_it_and_for_nobody_else()
    {
        var first = Ask(1);
        var second = Ask(2);

        _statements[0].Answer.SetException(new InvalidDataException());
        await Assert.ThrowsAsync<InvalidDataException>(() => first);
        (await StatementAsync(1)).Answer.SetResult("two");
        Assert.Equal("two", await second);
        var third = Ask(3);
        (await StatementAsync(2)).Answer.SetResult("three");
        Assert.Equal("three", await third);
    }

    [Fact]
    public async Task A_caller_who_goes_away_takes_nobody_along()
    {
        using var gone = new CancellationTokenSource();
        var first = _reads.ReadAsync(1, gone.Token);
        var second = Ask(2);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _statements[0].Answer.SetResult("one");
        (await StatementAsync(1)).Answer.SetResult("two");
        Assert.Equal("two", await second);
    }

    [Fact]
    public void More_than_may_wait_are_refused()
    {
        for (var i = 0; i < 6; i++)
            _ = Ask(i);

        Assert.Equal(
            "queue-full",
            Assert
                .Throws<PipelineUnavailableException>(() =>
                {
                    _ = Ask(7);
                })
                .Code
        );
    }

    [Fact]
    public async Task A_statement_that_takes_long_holds_nobody_up()
    {
        var frozen = Ask(1);
        _clock.Advance(TimeSpan.FromSeconds(2));
        var comes = Ask(2);

        Assert.Equal([2], (await StatementAsync(1)).Questions);
        _statements[1].Answer.SetResult("beside");
        Assert.Equal("beside", await comes);
        Assert.False(frozen.IsCompleted);
        _statements[0].Answer.SetResult("late");
        Assert.Equal("late", await frozen);
    }

    [Fact]
    public async Task Who_waits_behind_a_statement_that_takes_long_needs_nobody_else_to_come()
    {
        var frozen = Ask(1);
        var waits = Ask(2);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([2], (await StatementAsync(1)).Questions);
        _statements[1].Answer.SetResult("beside");
        Assert.Equal("beside", await waits);
        Assert.False(frozen.IsCompleted);
        var third = Ask(3);
        var fourth = Ask(4);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([3, 4], (await StatementAsync(2)).Questions);
        _statements[2].Answer.SetResult("again");
        Assert.Equal(["again", "again"], await Task.WhenAll(third, fourth));
    }

    [Fact]
    public async Task Nothing_is_read_for_a_caller_who_went_away_while_waiting()
    {
        using var gone = new CancellationTokenSource();
        _ = Ask(1);
        _ = _reads.ReadAsync(2, gone.Token);
        var third = Ask(3);

        await gone.CancelAsync();
        _statements[0].Answer.SetResult("one");
        Assert.Equal([3], (await StatementAsync(1)).Questions);
        _statements[1].Answer.SetResult("three");
        Assert.Equal("three", await third);
    }

    private Task<string> Ask(int question) => _reads.ReadAsync(question, CancellationToken.None);

    /// <summary>The statement, once it has begun.</summary>
    private async Task<Statement> StatementAsync(int number)
    {
        while (true)
        {
            lock (_statements)
                if (_statements.Count > number)
                    return _statements[number];
            await Task.Yield();
        }
    }

    private sealed record Statement(List<int> Questions, TaskCompletionSource<string> Answer);
}

using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>Callers who ask without end, each with a key a call, and remember what they were answered.</summary>
internal sealed class CrashLoad(CrashScene scene, int callers)
{
    private readonly ConcurrentBag<Asked> _answered = [];
    private readonly ConcurrentBag<Asked> _unanswered = [];
    private int _number;

    /// <summary>One call: sent again it has the same key and the same body.</summary>
    /// <param name="Client">Who asks.</param>
    /// <param name="Path">Where.</param>
    /// <param name="Body">What.</param>
    /// <param name="Key">The idempotency key.</param>
    /// <param name="Answer">What was answered; null while nobody knows.</param>
    internal sealed record Asked(FireClient Client, string Path, object Body, string Key, FireReply? Answer)
    {
        public bool IsRequest => Path == "/v1/requests";

        public Guid Id => Guid.Parse(JsonNode.Parse(Answer!.Text)!["id"]!.GetValue<string>());
    }

    public IReadOnlyCollection<Asked> Answered => _answered;

    public int Unanswered => _unanswered.Count;

    /// <summary>Calls until the token is cancelled and all calls have ended, one way or the other.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(new Random(caller + _number), stop))));

    /// <summary>Waits until that many calls more were answered.</summary>
    public async Task AnsweredMoreAsync(int calls)
    {
        var until = _answered.Count + calls;
        while (_answered.Count < until)
            await Task.Delay(5);
    }

    /// <summary>Sends what was not answered again with its key until it is.</summary>
    public async Task SettleAsync()
    {
        var open = _unanswered.ToList();
        _unanswered.Clear();
        await Parallel.ForEachAsync(
            open,
            new ParallelOptions { MaxDegreeOfParallelism = callers },
            async (call, _) =>
            {
                FireReply? answer;
                while ((answer = await call.Client.TryPostAsync(call.Path, call.Body, call.Key)) is null)
                    await Task.Delay(50, CancellationToken.None);
                _answered.Add(call with { Answer = answer });
            }
        );
    }

    /// <summary>Repeats some of what was answered: each must be answered as before.</summary>
    public async Task<List<string>> RepeatAsync(int most)
    {
        var findings = new List<string>();
        foreach (var call in _answered.Take(most))
        {
            var again = await call.Client.TryPostAsync(call.Path, call.Body, call.Key);
            if (again is null || !again.IsReplay || again.Status != call.Answer!.Status || again.Text != call.Answer.Text)
                findings.Add(
                    $"{call.Path} with key {call.Key} was answered {(int)call.Answer!.Status} {call.Answer.Text} and then {Text(again, call)}."
                );
        }

        return findings;
    }

    private static string Text(FireReply? reply, Asked call) =>
        reply is null ? call.Client.Failure ?? "nothing" : $"{(int)reply.Status} {(reply.IsReplay ? "" : "(not a replay) ")}{reply.Text}";

    private async Task CallAsync(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var key = $"fire-{Interlocked.Increment(ref _number)}-{Guid.NewGuid():N}";
            var call =
                random.Next(10) == 0
                    ? new Asked(
                        scene.Admin,
                        $"/v1/programmes/{scene.Programme}/fund",
                        new { credits = random.Next(1, 10), reason = "A sponsor pays" },
                        key,
                        null
                    )
                    : new Asked(
                        scene.Startups[random.Next(scene.Startups.Count)],
                        "/v1/requests",
                        new
                        {
                            programmeId = scene.Programme,
                            gpuHours = random.Next(1, 10),
                            purpose = "Fine-tune a model",
                        },
                        key,
                        null
                    );
            var answer = await call.Client.TryPostAsync(call.Path, call.Body, call.Key);
            if (answer is null)
                _unanswered.Add(call);
            else
                _answered.Add(call with { Answer = answer });
            // While nothing runs that could answer, a few calls an outage are enough: all of them have to be settled.
            if (answer is null)
                await Task.Delay(250, CancellationToken.None);
        }
    }

    /// <summary>Answers that no call of this load may get.</summary>
    public IEnumerable<string> Strange() =>
        _answered
            .Where(call => call.Answer!.Status != HttpStatusCode.Created)
            .Select(call => $"{call.Path} was answered {(int)call.Answer!.Status}: {call.Answer.Text}");
}

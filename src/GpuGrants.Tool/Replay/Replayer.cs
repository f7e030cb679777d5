using System.Net;
using GpuGrants.Client;

namespace GpuGrants.Tool.Replay;

/// <summary>Makes a request of each task and, when there is a grant, reports the usage at the task's end and closes the grant.</summary>
public sealed class Replayer(Stage stage, TraceTime time, Tally tally, int concurrency, Action progress)
{
    /// <summary>A grant outlives its task, so that nothing expires while it waits to be reported.</summary>
    private const int SpareDays = 30;

    /// <summary>Every fourth task of the trace asks for a quote first.</summary>
    public const int QuoteEvery = 4;

    /// <summary>A replay's clock may jump by an hour between two calls.</summary>
    private const int QuoteMinutes = 600;

    /// <summary>A person may have three open quotes.</summary>
    private readonly SemaphoreSlim[] _quoting = [.. stage.Owners.Select(_ => new SemaphoreSlim(3))];

    private readonly Timeline _timeline = new(concurrency, time.Reach);

    /// <summary>The most that was in flight at once.</summary>
    public int Peak => _timeline.Peak;

    /// <summary>Replays all tasks; afterwards no grant is left active.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="owners">Assigns each task to an organization by a seeded Zipf draw.</param>
    public Task RunAsync(IEnumerable<TraceTask> tasks, Zipf owners, CancellationToken cancellation)
    {
        foreach (var (number, task) in tasks.Index())
        {
            var owner = owners.Next();
            var isQuoted = number % QuoteEvery == 0;
            _timeline.Add(time.At(task.CreatedSecond), () => TellingAsync(task, () => AskAsync(task, owner, isQuoted, cancellation)));
        }

        return _timeline.RunAsync(cancellation);
    }

    /// <summary>A refused call fails the final check, but the other tasks continue.</summary>
    private async Task TellingAsync(TraceTask task, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (GpuGrantsException refusal)
        {
            tally.Fail($"{task.Name}: {refusal.Message}");
            progress();
        }
    }

    private async Task AskAsync(TraceTask task, int organization, bool isQuoted, CancellationToken cancellation)
    {
        var owner = stage.Owners[organization];
        var answer =
            (isQuoted ? await AskByQuoteAsync(task, organization, cancellation) : null)
            ?? await owner.SubmitAsync(RequestOf(task), cancellation: cancellation);
        var wasReferred = answer.Status == "in-review";
        if (wasReferred)
            answer = await stage.Reviewer.ApproveAsync(
                answer.Id!.Value,
                answer.Version,
                comment: "Approved by the replay",
                cancellation: cancellation
            );
        tally.Add(organization, task.AskedGpuSeconds, answer.Status == "approved");
        if (answer is { Status: "approved", Grant: { } grant })
        {
            Granted(task, grant, wasReferred);
            _timeline.Add(time.EndOf(task, grant), () => TellingAsync(task, () => EndAsync(task, owner, grant, cancellation)));
            return;
        }

        if (answer.Status == "denied" && !wasReferred)
            Denied(task, answer);
        else
            tally.Fail($"{task.Name}: the request is {answer.Status}, without a grant.");
        progress();
    }

    /// <summary>Gets a quote and asks with it.</summary>
    /// <returns>Null where there is none: what the rules would deny gets no quote, and is asked for without one.</returns>
    private async Task<RequestResult?> AskByQuoteAsync(TraceTask task, int organization, CancellationToken cancellation)
    {
        var (owner, ask) = (stage.Owners[organization], RequestOf(task));
        await _quoting[organization].WaitAsync(cancellation);
        try
        {
            var quote = await owner.PostAsync<Quote>(
                "/v1/quotes",
                new
                {
                    programmeId = ask.ProgrammeId,
                    gpuHours = ask.GpuHours,
                    gpus = ask.Gpus,
                    gpuModels = ask.GpuModels,
                    durationDays = ask.DurationDays,
                    validMinutes = QuoteMinutes,
                },
                cancellation: cancellation
            );
            var answer = await owner.PostAsync<RequestResult>(
                "/v1/requests",
                new { quoteId = quote.Id, purpose = ask.Purpose },
                cancellation: cancellation
            );
            tally.AddQuote(isUsed: true);
            return answer;
        }
        catch (GpuGrantsException refusal) when (refusal.Status == HttpStatusCode.Conflict)
        {
            tally.AddQuote(isUsed: false);
            return null;
        }
        finally
        {
            _quoting[organization].Release();
        }
    }

    private async Task EndAsync(TraceTask task, GpuGrantsClient owner, GrantResult grant, CancellationToken cancellation)
    {
        var used = 0L;
        var offer = stage.Offers.First(one => one.OfferId == grant.OfferId);
        if (time.UsageOf(task, grant) is { } usage)
        {
            var outcome = (await offer.Operator.ReportUsageAsync([usage], cancellation)).Single();
            if (outcome is { Status: "recorded", GpuSeconds: { } charged })
                used = charged;
            // A task whose moments lie in one millisecond used nothing that could be metered.
            else if (outcome.Code is not ("usage-too-short" or "usage-in-future"))
                tally.Fail($"{task.Name}: usage {outcome.Status}: {outcome.Code} {outcome.Message}");
        }

        var closed = await owner.CloseGrantAsync(grant.Id, "The task is done", cancellation);
        if (closed.Status == "ending")
            closed = await offer.Operator.SettleGrantAsync(grant.Id, cancellation);
        if (closed.Status != "ended" || closed.UsedGpuSeconds != used)
            tally.Fail(
                $"{task.Name}: the grant is {closed.Status} with {closed.UsedGpuSeconds} GPU-seconds used, where {used} were reported."
            );
        tally.Add(
            grant.GpuModel,
            model =>
            {
                if (used > 0)
                    model.Used = model.Used.Add(used);
                if (closed.ReturnedGpuSeconds > 0)
                    model.Returned = model.Returned.Add(closed.ReturnedGpuSeconds);
                model.HeldGpuSeconds += closed.RemainingGpuSeconds - grant.RemainingGpuSeconds;
            }
        );
        progress();
    }

    private RequestForGpuTime RequestOf(TraceTask task) =>
        new()
        {
            ProgrammeId = stage.ProgrammeId,
            GpuHours = task.AskedGpuSeconds / 3_600m,
            Gpus = task.Gpus,
            GpuModels = task.Models,
            Purpose = task.Name,
            DurationDays = (int)(task.DurationSeconds / 86_400) + SpareDays,
        };

    private void Granted(TraceTask task, GrantResult grant, bool wasReferred)
    {
        if (grant.GpuSeconds != task.AskedGpuSeconds)
            tally.Fail($"{task.Name}: asked {task.AskedGpuSeconds} GPU-seconds, was granted {grant.GpuSeconds}.");
        tally.Add(
            grant.GpuModel,
            model =>
            {
                model.Asked = model.Asked.Add(task.AskedGpuSeconds);
                if (wasReferred)
                {
                    model.Referred = model.Referred.Add(task.AskedGpuSeconds);
                    model.Approved = model.Approved.Add(grant.GpuSeconds);
                }
                else
                {
                    model.GrantedAtOnce = model.GrantedAtOnce.Add(grant.GpuSeconds);
                }

                model.HeldGpuSeconds += grant.RemainingGpuSeconds;
            }
        );
    }

    private void Denied(TraceTask task, RequestResult answer)
    {
        var reasons = answer.Decision?.Reasons ?? [];
        // The list includes rules that only asked for a review. Only rules that denied matter here.
        var reason =
            reasons.FirstOrDefault(one => one.Quota is null || one.Quota.Outcome == "deny") ?? (reasons.Count > 0 ? reasons[0] : null);
        var rule = reason?.Quota?.Rule ?? reason?.Code ?? "no-reason";
        tally.Add(
            stage.Cheapest(task.Models)?.Model ?? "none",
            model =>
            {
                model.Asked = model.Asked.Add(task.AskedGpuSeconds);
                model.Denied[rule] = model.Denied.GetValueOrDefault(rule).Add(task.AskedGpuSeconds);
            }
        );
    }

    private sealed record Quote(Guid Id);
}

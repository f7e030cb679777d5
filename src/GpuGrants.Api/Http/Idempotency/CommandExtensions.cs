using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;

namespace GpuGrants.Api.Http.Idempotency;

/// <summary>Hands the command of a call to the pipeline, and answers with what the pipeline said. An endpoint says what a result looks
/// like. Refusals look alike everywhere.</summary>
public static class CommandExtensions
{
    /// <summary>The query parameter that asks what would happen.</summary>
    public const string DryRun = "dryRun";

    /// <summary>Has the pipeline carry out the command under the call's idempotency key and writes its answer.</summary>
    /// <param name="http">The call.</param>
    /// <param name="command">What to do.</param>
    /// <param name="render">Makes the answer of the result: a pure function, used before the commit. It runs again with each try of
    /// the batch, and only what the committed try made is answered.</param>
    /// <param name="repeat">The same for repetitions, where they get less: secrets are shown once.</param>
    public static Task<IResult> RunAsync<TResult>(
        this HttpContext http,
        Command<TResult> command,
        Func<TResult, Answer> render,
        Func<TResult, Answer>? repeat = null
    ) =>
        http.RunAsync(
            command,
            result =>
            {
                var answer = render(result);
                return new Rendering(answer, repeat is null ? answer : repeat(result));
            }
        );

    /// <inheritdoc cref="RunAsync{TResult}(HttpContext, Command{TResult}, Func{TResult, Answer}, Func{TResult, Answer}?)"/>
    /// <param name="http">The call.</param>
    /// <param name="command">What to do.</param>
    /// <param name="render">Makes the answer of the result, and what the key keeps of it. Pure.</param>
    public static Task<IResult> RunAsync<TResult>(this HttpContext http, Command<TResult> command, Func<TResult, Rendering> render) =>
        http.RunAsync(command, Answering<TResult>(render));

    /// <inheritdoc cref="RunAsync{TResult}(HttpContext, Command{TResult}, Func{TResult, Answer}, Func{TResult, Answer}?)"/>
    public static async Task<IResult> RunAsync<TResult>(
        this HttpContext http,
        Command<TResult> command,
        Func<Outcome<TResult>, Rendering?> render
    ) => new AnswerResult((await http.SubmitAsync(command, render)).Answer!);

    /// <summary>An outcome as an HTTP answer.</summary>
    /// <param name="render">Makes the answer of a result, and what the key keeps of it. Pure. It gives null where the call has to go
    /// on.</param>
    /// <param name="keepsRefusals">False where the same call is worth another try.</param>
    public static Func<Outcome<TResult>, Rendering?> Answering<TResult>(Func<TResult, Rendering?> render, bool keepsRefusals = true)
    {
        // The pipeline's worker renders, and traces nothing of the call.
        var traceId = Problem.TraceId();
        return outcome =>
        {
            if (outcome.TryGet(out var result, out var refusal))
                return render(result);
            var problem = Problem.Of(refusal, traceId);
            return new Rendering(problem, keepsRefusals ? problem : null);
        };
    }

    /// <summary>Whether the call asks what would happen.</summary>
    public static bool IsDryRun(this HttpContext http) => http.Flag(DryRun) == true;

    /// <summary>Decides the command on what is there now, writes nothing, and answers with what would happen.</summary>
    /// <param name="http">The call.</param>
    /// <param name="command">What to do.</param>
    /// <param name="language">Of an operation that speaks; null for all others.</param>
    /// <param name="render">Makes the answer of the result.</param>
    public static async Task<IResult> DryRunAsync<TResult>(
        this HttpContext http,
        Command<TResult> command,
        string? language,
        Func<TResult, ValueTask<Answer>> render
    )
    {
        var decided = await http.RequestServices.GetRequiredService<Questions>().DecideAsync(command, http.RequestAborted);
        var outcome = language is null ? decided : decided.In(language);
        return new AnswerResult(outcome.TryGet(out var made, out var refusal) ? await render(made) : Problem.Of(refusal));
    }

    /// <summary>Has the pipeline carry out the command under the call's idempotency key, for calls that may go on afterwards.</summary>
    /// <param name="http">The call.</param>
    /// <param name="command">What to do.</param>
    /// <param name="render">Makes the answer of the outcome, purely; null where the call has to go on.</param>
    /// <returns>The answer, new or as the key kept it; null where there is none. The outcome counts unless the answer was kept.</returns>
    /// <remarks>
    /// It waits also for a caller who went away: the command is carried out all the same. So a <c>Change</c> of an endpoint may still read
    /// the call in its plan and decision.
    /// </remarks>
    internal static async Task<(Answer? Answer, Outcome<TResult> Outcome)> SubmitAsync<TResult>(
        this HttpContext http,
        Command<TResult> command,
        Func<Outcome<TResult>, Rendering?> render
    )
    {
        var key = http.IdempotencyKey();
        // The pipeline's worker renders, and rendering reads nothing of the call.
        var language = http.Language();
        var submission = new Submission<TResult>(command, key, outcome => render(outcome.In(language)));
        var reply = await http.RequestServices.GetRequiredService<DecisionPipeline>().ExecuteAsync(submission, CancellationToken.None);
        return (reply.Repeated is { } kept ? await http.AnswerOfAsync(kept, key!) : (Answer?)reply.Rendering?.Answer, reply.Outcome);
    }
}

using System.Security.Cryptography;
using System.Text;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Store;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Http.Idempotency;

/// <summary>Hands the command of a call to the pipeline, and answers with what the pipeline said.</summary>
public static class CommandExtensions
{
    /// <summary>Has the pipeline carry out the command under the call's idempotency key and writes its answer.</summary>
    /// <param name="http">The call.</param>
    /// <param name="command">What to do.</param>
    /// <param name="render">Makes the answer of the result: a pure function, used once, before the commit.</param>
    /// <param name="repeat">The same for repetitions, where they get less: secrets are shown once.</param>
    /// <remarks>
    /// It waits also for a caller who went away: the command is carried out all the same. So a <c>Change</c> of an endpoint may still read
    /// the call in its plan and decision.
    /// </remarks>
    public static Task<IResult> RunAsync<TResult>(
        this HttpContext http,
        Command<TResult> command,
        Func<TResult, Answer> render,
        Func<TResult, Answer>? repeat = null
    ) => http.RunAsync(command, Renderer.Of(render, repeat));

    /// <inheritdoc cref="RunAsync{TResult}(HttpContext, Command{TResult}, Func{TResult, Answer}, Func{TResult, Answer}?)"/>
    public static async Task<IResult> RunAsync<TResult>(
        this HttpContext http,
        Command<TResult> command,
        Func<Outcome<TResult>, Rendering?> render
    ) => new AnswerResult((await http.SubmitAsync(command, render)).Answer!);

    /// <summary>Has the pipeline carry out the command under the call's idempotency key, for calls that may go on afterwards.</summary>
    /// <param name="http">The call.</param>
    /// <param name="command">What to do.</param>
    /// <param name="render">Makes the answer of the outcome, purely; null where the call has to go on.</param>
    /// <returns>The answer, new or as the key kept it; null where there is none. The outcome counts unless the answer was kept.</returns>
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
        return (reply.Repeated is { } kept ? await http.AgainAsync(kept, key!) : (Answer?)reply.Rendering?.Answer, reply.Outcome);
    }
}

/// <summary>
/// A repeated call gets its first answer also where it would now be refused before it has a command: a date in its body has passed, a GPU
/// model was retired, the caller joined another organization. Only a call that is refused pays for it. Authentication and sight come first.
/// </summary>
public sealed class FirstAnswer : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            return await next(context);
        }
        catch (ProblemException refused)
            when (IsOfState(refused) && http.GetEndpoint()?.Metadata.GetMetadata<TakesIdempotencyKey>() is not null)
        {
            if (await http.EarlierAnswerAsync() is { } given)
                return new AnswerResult(given);
            throw;
        }
    }

    /// <summary>Whether what refuses may have been otherwise before. Who no longer sees a resource gets no answer about it.</summary>
    private static bool IsOfState(ProblemException refused) =>
        !refused.IsOfSight && refused.Document is ({ Status: 400, Code: "invalid" } or { Status: 409 });
}

/// <summary>
/// Renders answers of a kind again from pinned data, byte for byte. A renderer stays in the service as long as keys may name it: a changed
/// answer gets a new renderer with a new name, and the old one goes a day later at the earliest.
/// </summary>
public interface IKeptRenderer
{
    /// <summary>Name and version, as <see cref="KeptAnswer.Renderer"/> holds them.</summary>
    string Name { get; }

    Task<Answer> RenderAsync(KeptAnswer row, CancellationToken cancellation);
}

/// <summary>Reads the idempotency key of a call.</summary>
public static class IdempotencyKeyExtensions
{
    private const string Scope = "gpugrants.key-scope";

    /// <summary>Whose keys the call's key is one of, for a call without a client.</summary>
    public static void SetKeyScope(this HttpContext http, string scope) => http.Items[Scope] = scope;

    /// <summary>The caller's key for this call; null when it sent none.</summary>
    /// <exception cref="ProblemException">The key is empty, too long or has characters that no key has.</exception>
    public static IdempotencyKey? IdempotencyKey(this HttpContext http)
    {
        var values = http.Request.Headers["Idempotency-Key"];
        if (values.Count == 0)
            return null;
        var key = values.Count == 1 ? values[0]!.Trim() : "";
        if (key.Length >= 2 && key[0] == '"' && key[^1] == '"')
            key = key[1..^1];
        if (key.Length is 0 or > Pipeline.Submissions.IdempotencyKey.MaxLength || key.Any(letter => letter is < ' ' or > '~'))
            throw Problem.Malformed(
                "Idempotency-Key",
                $"An idempotency key has 1 to {Pipeline.Submissions.IdempotencyKey.MaxLength} printable ASCII characters."
            );
        // For somebody else it is another call.
        var whom = http.CallerOrNobody()?.ActsFor is { } acting ? acting.ToString() : "";
        var query = SHA256.HashData([.. Encoding.UTF8.GetBytes((http.Request.QueryString.Value ?? "") + whom), .. http.BodyHash()]);
        // Routing takes "post" for POST, so the key does too.
        return new IdempotencyKey(
            http.Items[Scope] as string ?? http.Caller().ClientId,
            $"{http.Request.Method.ToUpperInvariant()} {OnePath(http)}",
            key,
            query
        );
    }

    /// <summary>The call's path in one spelling. Letter case, a trailing slash and other ways to write a UUID do not change it.</summary>
    private static string OnePath(HttpContext http)
    {
        if (http.GetEndpoint() is not RouteEndpoint endpoint)
            return http.Request.Path;
        var path = new StringBuilder();
        foreach (var segment in endpoint.RoutePattern.PathSegments)
        {
            path.Append('/');
            foreach (var part in segment.Parts)
                path.Append(Spelled(http, part));
        }

        return path.ToString();
    }

    private static string? Spelled(HttpContext http, RoutePatternPart part)
    {
        if (part is RoutePatternLiteralPart literal)
            return literal.Content;
        var value = part is RoutePatternParameterPart parameter ? http.Request.RouteValues[parameter.Name]?.ToString() : null;
        return Guid.TryParse(value, out var id) ? id.ToString() : value;
    }
}

/// <summary>Outcomes as HTTP answers: an endpoint says what a result looks like, refusals look alike everywhere.</summary>
public static class Renderer
{
    /// <param name="render">Makes the answer of a result. Pure.</param>
    /// <param name="repeat">The same for repetitions, where they get less.</param>
    public static Func<Outcome<TResult>, Rendering> Of<TResult>(Func<TResult, Answer> render, Func<TResult, Answer>? repeat = null)
    {
        // The pipeline's worker renders, and traces nothing of the call.
        var traceId = Problem.TraceId();
        return outcome =>
        {
            if (!outcome.TryGet(out var result, out var refusal))
                return Same(Problem.Of(refusal, traceId));
            var answer = render(result);
            return repeat is null ? Same(answer) : new Rendering(answer, repeat(result));
        };
    }

    /// <param name="render">Makes the answer of a result, and what is kept of it. Pure.</param>
    public static Func<Outcome<TResult>, Rendering> Of<TResult>(Func<TResult, Rendering> render)
    {
        var traceId = Problem.TraceId();
        return outcome => outcome.TryGet(out var result, out var refusal) ? render(result) : Same(Problem.Of(refusal, traceId));
    }

    /// <summary>Answers with a part of the result; there is no answer where the result lacks it.</summary>
    /// <param name="part">Takes the part.</param>
    /// <param name="render">Makes the answer of the part, and what is kept of it. Pure.</param>
    public static Func<Outcome<TResult>, Rendering?> OfPart<TResult, TPart>(Func<TResult, TPart?> part, Func<TPart, Rendering> render)
        where TPart : class =>
        outcome =>
            !outcome.TryGet(out var result, out var refusal) ? Same(Problem.Of(refusal))
            : part(result) is { } found ? render(found)
            : null;

    private static Rendering Same(Answer answer) => new(answer, answer);
}

/// <summary>Answers a call whose idempotency key was used before.</summary>
public static class Repetition
{
    /// <summary>The answer again; a refusal when the key came with another call then.</summary>
    public static async Task<Answer> AgainAsync(this HttpContext http, KeptAnswer row, IdempotencyKey used)
    {
        if (!used.SameRequest(row.RequestHash))
            return Problem.KeyReused();
        if (row.Renderer is null)
            return Answer.Of(row) with { Replayed = true };
        var renderer = http.RequestServices.GetServices<IKeptRenderer>().Single(one => one.Name == row.Renderer);
        return await renderer.RenderAsync(row, http.RequestAborted) with { Replayed = true };
    }

    /// <summary>
    /// The answer that the call's key got before; null when the key is new or absent. For calls that look at the state before they have a
    /// command.
    /// </summary>
    public static async Task<Answer?> EarlierAnswerAsync(this HttpContext http)
    {
        if (http.IdempotencyKey() is not { } key)
            return null;
        var db = http.RequestServices.GetRequiredService<GpuGrantsContext>();
        var row = await db.Set<KeptAnswer>().AsNoTracking().FirstOrDefaultAsync(one => one.Id == key.Id, http.RequestAborted);
        return row is null ? null : await http.AgainAsync(row, key);
    }
}

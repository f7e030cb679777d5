using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Submissions;

namespace GpuGrants.Api.Http.Idempotency;

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

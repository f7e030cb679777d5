using GpuGrants.Api.Pipeline;

namespace GpuGrants.Api.Http;

/// <summary>Outcomes as HTTP answers: an endpoint says what a result looks like, refusals look alike everywhere.</summary>
public static class Renderer
{
    /// <param name="render">Makes the answer of a result. Pure.</param>
    /// <param name="repeat">The same for repetitions, where they get less.</param>
    public static Func<Outcome<TResult>, Rendering> Of<TResult>(Func<TResult, Answer> render, Func<TResult, Answer>? repeat = null) =>
        outcome =>
        {
            if (!outcome.TryGet(out var result, out var refusal))
                return Same(Problem.Of(refusal));
            var answer = render(result);
            return repeat is null ? Same(answer) : new Rendering(answer, repeat(result));
        };

    private static Rendering Same(Answer answer) => new(answer, answer);
}

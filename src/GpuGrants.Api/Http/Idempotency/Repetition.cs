using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Http.Idempotency;

/// <summary>
/// Renders answers of a kind again from pinned data, byte for byte. A changed answer gets a new renderer with a new name. The old one stays
/// until no key can name it, for <c>Sweeps:IdempotencyHours</c>.
/// </summary>
public interface IKeptRenderer
{
    /// <summary>Name and version, as <see cref="KeptAnswer.Renderer"/> holds them.</summary>
    string Name { get; }

    Task<Answer> RenderAsync(KeptAnswer row, CancellationToken cancellation);
}

/// <summary>Answers a call whose idempotency key was used before.</summary>
public static class Repetition
{
    /// <summary>The answer again; a refusal when the key came with another call then.</summary>
    public static async Task<Answer> AnswerOfAsync(this HttpContext http, KeptAnswer row, IdempotencyKey used)
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
        return row is null ? null : await http.AnswerOfAsync(row, key);
    }
}

/// <summary>
/// A repeated call gets its first answer also where it would now be refused before it has a command: a date in its body has passed, a GPU
/// model was retired, the caller joined another organization. Only a call that is refused pays for it. Refusals of scope, of sight and of
/// malformed JSON stay as they are, also when the key was used.
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

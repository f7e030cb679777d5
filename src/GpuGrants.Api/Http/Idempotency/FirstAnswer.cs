using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Http.Idempotency;

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

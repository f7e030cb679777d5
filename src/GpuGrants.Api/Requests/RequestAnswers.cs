using GpuGrants.Api.Grants;
using GpuGrants.Api.Http;

namespace GpuGrants.Api.Requests;

/// <summary>Verdicts as HTTP answers, in one language.</summary>
public static class RequestAnswers
{
    /// <summary>The answer to the call that made the request.</summary>
    public static Func<RequestDecided, Answer> Created(string language) =>
        decided => Answers.Created($"/v1/requests/{decided.Request.Id}", View(decided, language), decided.Request.Version);

    /// <summary>The answer to a call about a request that was there.</summary>
    public static Func<RequestDecided, Answer> Changed(string language) =>
        decided => Answers.Ok(View(decided, language), decided.Request.Version);

    /// <summary>What a real request would get now: without the ids of what was not made.</summary>
    public static Answer DryRun(RequestDecided decided, string language)
    {
        var view = View(decided, language);
        return Answers.Ok(
            view with
            {
                Id = null,
                DryRun = true,
                Decision = view.Decision! with { Id = null, RequestId = null },
                Grant = null,
                GrantId = null,
            }
        );
    }

    private static RequestView View(RequestDecided decided, string language) =>
        RequestView.Of(
            decided.Request,
            DecisionView.Of(decided.Decision, decided.Explanation, language, decided.Quotas),
            decided.Grant is { } grant ? GrantView.Of(grant) : null
        );
}

using System.Text.Json;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Requests.Lifecycle;

namespace GpuGrants.Api.Requests.Views;

/// <summary>Verdicts as HTTP answers, in one language.</summary>
public static class RequestAnswers
{
    /// <summary>The answer to the call that made the request.</summary>
    public static Func<RequestDecided, Rendering> Created(string language, ChoiceView? choice = null) =>
        decided => new Rendering(Made(decided, language, choice), new KeptDecision(MadeRenderer.Id, decided.Decision.Id, language, choice));

    /// <summary>The answer to a call about a request that was there.</summary>
    public static Func<RequestDecided, Rendering> Changed(string language) =>
        decided => new Rendering(Decided(decided, language), new KeptDecision(ChangedRenderer.Id, decided.Decision.Id, language, null));

    internal static Answer Made(RequestDecided decided, string language, ChoiceView? choice) =>
        Answer.Created($"/v1/requests/{decided.Request.Id}", View(decided, language) with { Choice = choice }, decided.Request.Version) with
        {
            Language = language,
        };

    internal static Answer Decided(RequestDecided decided, string language) =>
        Answer.Ok(View(decided, language), decided.Request.Version) with
        {
            Language = language,
        };

    /// <summary>What a real request would get now: without the ids of what was not made.</summary>
    public static Answer DryRun(RequestDecided decided, string language, ChoiceView? choice = null)
    {
        var view = View(decided, language);
        return Answer.Ok(
            view with
            {
                Id = null,
                DryRun = true,
                Choice = choice,
                Decision = view.Decision! with { Id = null, RequestId = null },
                Grant = null,
                GrantId = null,
                Quote = ServingOfferView.Of(decided.Request),
            }
        ) with
        {
            Language = language,
        };
    }

    private static RequestView View(RequestDecided decided, string language) =>
        RequestView.Of(
            decided.Request,
            DecisionView.Of(decided.Decision, decided.Explanation, language, decided.Quotas),
            decided.Grant is { } grant ? GrantView.Of(grant) : null
        );
}

/// <summary>What a key keeps of an answer about a verdict: which decision, in which language, how the programme was chosen.</summary>
internal sealed record KeptDecision(string Renderer, Guid DecisionId, string Language, ChoiceView? Choice) : IKeepable
{
    public void KeepIn(KeptAnswer row)
    {
        row.Renderer = Renderer;
        row.DecisionId = DecisionId;
        row.Language = Language;
        row.Shape = Choice is null ? null : JsonSerializer.Serialize(Choice);
    }
}

/// <summary>Renders answers to calls that made a request.</summary>
internal sealed class MadeRenderer(PinnedRequest pinned) : IKeptRenderer
{
    public const string Id = "request-made/1";

    public string Name => Id;

    public async Task<Answer> RenderAsync(KeptAnswer row, CancellationToken cancellation) =>
        RequestAnswers.Made(
            await pinned.ReadAsync(row.RootProgrammeId, row.DecisionId!.Value, cancellation),
            row.Language!,
            row.Shape is { } shape ? JsonSerializer.Deserialize<ChoiceView>(shape) : null
        );
}

/// <summary>Renders answers to calls that changed a request or decided it.</summary>
internal sealed class ChangedRenderer(PinnedRequest pinned) : IKeptRenderer
{
    public const string Id = "request-changed/1";

    public string Name => Id;

    public async Task<Answer> RenderAsync(KeptAnswer row, CancellationToken cancellation) =>
        RequestAnswers.Decided(await pinned.ReadAsync(row.RootProgrammeId, row.DecisionId!.Value, cancellation), row.Language!);
}

using System.Text.Json;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Pipeline.Submissions;

namespace GpuGrants.Api.Requests.Views;

/// <summary>What a key keeps of an answer about a verdict: which decision, in which language, how the programme was chosen.</summary>
internal sealed record KeptDecision(string Renderer, Guid DecisionId, string Language, ChoiceView? Choice) : IAnswer
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

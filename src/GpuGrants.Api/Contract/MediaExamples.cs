using System.Text.Json.Nodes;
using GpuGrants.Api.Http.Answering;
using Microsoft.OpenApi;

namespace GpuGrants.Api.Contract;

/// <summary>
/// Whole examples of what is sent and answered. Those of <c>examples.json</c> are calls that happened in tests, so none is impossible.
/// </summary>
internal static class MediaExamples
{
    private static readonly Lazy<JsonObject> Recorded = new(() =>
    {
        using var stream = typeof(MediaExamples).Assembly.GetManifestResourceStream("GpuGrants.Api.Contract.examples.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    });

    /// <summary>The example of an answer; of a refusal the problem of its first code.</summary>
    public static void Add(OpenApiResponse answer, int status, string operation)
    {
        foreach (var (type, media) in answer.Content ?? new Dictionary<string, IOpenApiMediaType>())
            if (media is OpenApiMediaType one)
                one.Example = type switch
                {
                    "application/problem+json" => ProblemOf(answer),
                    "application/json" => Find($"{operation} {status}"),
                    _ => null,
                };
    }

    /// <summary>The example of what is sent.</summary>
    public static void AddSent(OpenApiOperation operation)
    {
        foreach (var media in (operation.RequestBody?.Content ?? new Dictionary<string, IOpenApiMediaType>()).Values)
            if (media is OpenApiMediaType one)
                one.Example = Find($"{operation.OperationId} sent");
    }

    private static JsonNode? Find(string name) => Recorded.Value[name]?.DeepClone();

    private static JsonObject? ProblemOf(OpenApiResponse answer)
    {
        if (
            answer.Extensions is not { } extensions
            || !extensions.TryGetValue(AnswerCodes.Extension, out var extension)
            || extension is not JsonNodeExtension { Node: JsonArray { Count: > 0 } codes }
        )
            return null;
        var kind = ProblemKinds.Of(codes[0]!.GetValue<string>());
        return new JsonObject
        {
            ["type"] = "/problems/" + kind.Code,
            ["title"] = kind.Title,
            ["status"] = kind.Status,
            ["detail"] = kind.Remedy,
            ["code"] = kind.Code,
            ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        };
    }
}

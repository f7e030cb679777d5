using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World.Contracts;

/// <summary>
/// Keeps for each operation what was sent and answered first: the contract's examples are calls that happened. <c>GPUGRANTS_RECORD=1</c>
/// begins anew, and <c>GPUGRANTS_RECORD=missing</c> adds what is not recorded yet.
/// </summary>
internal static class ExampleRecorder
{
    private static readonly string? Mode = Environment.GetEnvironmentVariable("GPUGRANTS_RECORD");
    private static readonly string File = Repository.File("src", "GpuGrants.Api", "Contract", "examples.json");
    private static readonly HashSet<string> Secrets = ["clientSecret", "access_token", "accessToken", "secret", "withdrawalKey"];
    private static readonly ConcurrentDictionary<string, JsonNode> Kept = new(Mode == "missing" ? Recorded() : []);
    private static readonly Lock Writing = new();

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static async Task KeepAsync(HttpRequestMessage request, byte[]? sent, HttpResponseMessage response)
    {
        // The contract is no example of itself.
        if (request.RequestUri!.AbsolutePath.StartsWith("/openapi", StringComparison.Ordinal))
            return;
        if (Mode is not ("1" or "missing") || !response.IsSuccessStatusCode)
            return;
        if (Contract.Approved.Find(request.RequestUri.AbsolutePath)?.Operation(request.Method.Method) is not { } operation)
            return;
        var isNew = false;
        if (sent is { Length: > 2 } && operation.Body is not null && request.Content!.Headers.ContentType?.MediaType == "application/json")
            isNew |= Keep($"{operation.Id} sent", sent);
        if (response.Content.Headers.ContentType?.MediaType == "application/json")
            isNew |= Keep($"{operation.Id} {(int)response.StatusCode}", await response.Content.ReadAsByteArrayAsync());
        if (isNew)
            Write();
    }

    /// <summary>The first one that says something: a list with an item in it.</summary>
    private static bool Keep(string name, byte[] json)
    {
        if (Kept.ContainsKey(name) || JsonNode.Parse(json) is not JsonObject example)
            return false;
        if (example["data"] is JsonArray items)
        {
            if (items.Count == 0)
                return false;
            while (items.Count > 1)
                items.RemoveAt(1);
        }

        HideSecrets(example);
        return Kept.TryAdd(name, example);
    }

    private static void HideSecrets(JsonNode node)
    {
        if (node is JsonArray items)
            foreach (var item in items.Where(one => one is not null))
                HideSecrets(item!);
        if (node is not JsonObject members)
            return;
        foreach (var (name, value) in members.ToList())
            if (value is not null && (Secrets.Contains(name) || (name == "token" && value is JsonValue) || IsCode(value)))
                members[name] = "shown-once";
            else if (value is not null)
                HideSecrets(value);
    }

    /// <summary>A consent's code, also within a link.</summary>
    private static bool IsCode(JsonNode value) =>
        value is JsonValue text && text.TryGetValue<string>(out var letters) && letters.Contains("cc_", StringComparison.Ordinal);

    private static IEnumerable<KeyValuePair<string, JsonNode>> Recorded() =>
        JsonNode.Parse(System.IO.File.ReadAllText(File))!.AsObject().Select(pair => KeyValuePair.Create(pair.Key, pair.Value!));

    private static void Write()
    {
        lock (Writing)
            System.IO.File.WriteAllText(
                File,
                new JsonObject(
                    Kept.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                        .Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value.DeepClone()))
                ).ToJsonString(Readable) + "\n"
            );
    }
}

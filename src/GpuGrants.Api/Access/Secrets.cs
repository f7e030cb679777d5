using System.Text.Json.Nodes;
using GpuGrants.Api.Http;
using GpuGrants.Api.Pipeline;

namespace GpuGrants.Api.Access;

/// <summary>Keeps secrets out of what is stored.</summary>
internal static class Secrets
{
    private const string Member = "clientSecret";

    /// <summary>The answer without secrets. A repeated call shows that it worked; a lost secret has to be rotated.</summary>
    public static Answer Hide(Answer answer)
    {
        if (answer.Status >= 400 || answer.Body.IsEmpty || JsonNode.Parse(answer.Body.Span) is not JsonObject body)
            return answer;
        Blank(body);
        return answer with { Body = ApiJson.Write(body) };
    }

    private static void Blank(JsonObject body)
    {
        foreach (var (name, value) in body.ToList())
        {
            if (name == Member)
                body[name] = null;
            else if (value is JsonObject inner)
                Blank(inner);
        }
    }
}

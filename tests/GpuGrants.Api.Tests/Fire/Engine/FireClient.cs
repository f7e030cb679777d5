using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>Somebody who calls the service over HTTP and may never hear the answer.</summary>
internal sealed class FireClient(HttpClient http, string clientId, string secret)
{
    private string? _token;

    /// <summary>What stood in place of an answer the last time there was none: a status of 500 and above, or why the call broke
    /// off.</summary>
    public string? Failure { get; private set; }

    /// <summary>The same client, calling another replica.</summary>
    public FireClient Through(HttpClient other) => new(other, clientId, secret);

    /// <summary>The clock was pushed: tokens of before have expired.</summary>
    public void ForgetToken() => _token = null;

    /// <summary>The answer; null when it was lost, or when the service could not say (503 and the like).</summary>
    public async Task<FireReply?> TryPostAsync(string path, object body, string? key, string? ifMatch = null)
    {
        try
        {
            _token ??= await TokenAsync();
            if (_token is null)
                return null;
            using var message = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent(JsonSerializer.Serialize(body, JsonSerializerOptions.Web), Encoding.UTF8, "application/json"),
            };
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
            if (key is not null)
                message.Headers.Add("Idempotency-Key", key);
            if (ifMatch is not null)
                message.Headers.TryAddWithoutValidation("If-Match", ifMatch);
            using var answer = await http.SendAsync(message);
            var text = await answer.Content.ReadAsStringAsync();
            if ((int)answer.StatusCode >= 500)
            {
                Failure = $"{(int)answer.StatusCode} {text}";
                return null;
            }

            return new FireReply(answer.StatusCode, text, answer.Headers.Contains("Idempotent-Replayed"));
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException)
        {
            Failure = failure.Message;
            return null;
        }
    }

    /// <summary>An answer that has to come, and well.</summary>
    public async Task<JsonNode> PostAsync(string path, object body) =>
        await TryPostAsync(path, body, null) is { Status: HttpStatusCode.Created or HttpStatusCode.OK } reply
            ? JsonNode.Parse(reply.Text)!
            : throw new InvalidOperationException($"POST {path} failed: {Failure}");

    private async Task<string?> TokenAsync()
    {
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = clientId,
                ["client_secret"] = secret,
            }
        );
        using var answer = await http.PostAsync("/oauth/token", form);
        var text = await answer.Content.ReadAsStringAsync();
        if (answer.IsSuccessStatusCode)
            return JsonNode.Parse(text)!["access_token"]!.GetValue<string>();
        Failure = $"no token: {(int)answer.StatusCode} {text}";
        return null;
    }
}

/// <summary>What the service answered.</summary>
internal sealed record FireReply(HttpStatusCode Status, string Text, bool IsReplay);

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace GpuGrants.Tool.Demo;

/// <summary>Somebody whom no administrator knows: signs up with a mailed code and asks, in three calls.</summary>
/// <param name="address">Where the service is.</param>
/// <param name="mailFolder">Where the service writes its mail.</param>
internal sealed partial class DemoNewcomer(Uri address, string mailFolder)
{
    private const string Email = "mina@example.org";

    /// <summary>The three calls, each told as it is answered.</summary>
    /// <exception cref="HttpRequestException">The service refused one of them.</exception>
    public async Task ArriveAsync(Guid programme, Action<string> tell)
    {
        using var http = new HttpClient { BaseAddress = address };
        var started = await PostAsync(
            http,
            "/v1/sign-ups",
            new
            {
                email = Email,
                name = "Kim Mina",
                organizationName = "Mina's speech lab",
                kind = "startup",
                country = "KR",
                acceptsTerms = true,
            }
        );
        tell($"POST /v1/sign-ups → a code was mailed to {Email} (see {mailFolder})");
        var path = $"/v1/sign-ups/{started["id"]}/confirm";
        var made = await PostAsync(http, path, new { code = await ReadCodeAsync() });
        tell($"POST {path} → organization, client {made["client"]!["clientId"]} with its secret, and a token");
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            made["token"]!["accessToken"]!.GetValue<string>()
        );
        var asked = await PostAsync(
            http,
            "/v1/requests",
            new
            {
                programmeId = programme,
                gpuHours = 2,
                purpose = "Try a speech model",
            }
        );
        tell($"POST /v1/requests gpuHours=2 → {asked["status"]}, grant {asked["grantId"]}");
    }

    private static async Task<JsonNode> PostAsync(HttpClient http, string path, object body)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        message.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString("N"));
        using var answer = await http.SendAsync(message);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"POST {path} answered {(int)answer.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    private async Task<string> ReadCodeAsync()
    {
        while (true)
        {
            if (Directory.Exists(mailFolder) && Directory.GetFiles(mailFolder, "*.eml") is [var file, ..])
                return Code().Match(await File.ReadAllTextAsync(file)).Groups[1].Value;
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    [GeneratedRegex(@"Your code: (\d{8})")]
    private static partial Regex Code();
}

using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GpuGrants.Client;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>Access tokens from the service's own token endpoint.</summary>
internal static class Tokens
{
    public static async Task<string> GetAsync(BenchStage stage, ClientCredentials credentials)
    {
        using var http = new HttpClient();
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = credentials.Id,
                ["client_secret"] = credentials.Secret,
            }
        );
        using var response = await http.PostAsync(new Uri(stage.Address, "/oauth/token"), form);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!.GetValue<string>();
    }

    /// <summary>One for each of the first organizations' owners.</summary>
    public static async Task<string[]> OfOwnersAsync(BenchStage stage, int count)
    {
        var tokens = new string[count];
        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (i, _) => tokens[i] = await GetAsync(stage, stage.Organizations[i].Owner)
        );
        return tokens;
    }
}

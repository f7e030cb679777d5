using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuGrants.Api.Tests.World;

/// <summary>Somebody with an API client, who calls over HTTP with a real token.</summary>
internal sealed class Person(HttpClient http, string clientId, string clientSecret, Guid principalId)
{
    /// <summary>The header of a change whatever the version is (RFC 9110, 13.1.1).</summary>
    public static readonly (string Name, string Value) AnyVersion = ("If-Match", "*");

    private string? _token;

    public string ClientId { get; } = clientId;

    public string ClientSecret { get; } = clientSecret;

    public Guid PrincipalId { get; } = principalId;

    /// <summary>Who accepts what this person puts up; null for nobody.</summary>
    public Person? AcceptedBy { get; init; }

    public Task<Reply> Get(string path, params (string Name, string Value)[] headers) => Send(HttpMethod.Get, path, null, headers);

    public Task<Reply> Post(string path, object? body = null, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, path, body ?? new { }, headers);

    public Task<Reply> Put(string path, object body, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Put, path, body, headers);

    public Task<Reply> Patch(string path, object body, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Patch, path, body, headers);

    public Task<Reply> Delete(string path) => Send(HttpMethod.Delete, path, null, []);

    public async Task<Reply> Send(HttpMethod method, string path, object? body, (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(method, path);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync());
        foreach (var (name, value) in headers)
            message.Headers.TryAddWithoutValidation(name, value);
        if (body is not null)
            message.Content = new StringContent(
                body as string ?? JsonSerializer.Serialize(body, JsonSerializerOptions.Web),
                Encoding.UTF8,
                "application/json"
            );
        return await SendAsync(http, message);
    }

    /// <summary>Posts a body that has to be refused with the fields that are wrong.</summary>
    public async Task PostBad(string path, string body)
    {
        var reply = await Post(path, body);
        Assert.True(
            reply.Status == System.Net.HttpStatusCode.BadRequest && reply.Body?["errors"] is not null,
            $"{path} {body}: {(int)reply.Status} {reply.Text}"
        );
    }

    public static async Task<Reply> SendAsync(HttpClient http, HttpRequestMessage message)
    {
        var response = await http.SendAsync(message);
        var text = await response.Content.ReadAsStringAsync();
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        return new Reply(response.StatusCode, isJson && text.Length > 0 ? JsonNode.Parse(text) : null, response, text);
    }

    public async Task<string> TokenAsync() => _token ??= await NewTokenAsync();

    /// <summary>The clock was moved: tokens of before have expired.</summary>
    public void ForgetToken() => _token = null;

    public async Task<string> NewTokenAsync(string? scope = null)
    {
        var reply = await AskTokenAsync(scope);
        return reply.Expect(System.Net.HttpStatusCode.OK).Text_("access_token");
    }

    public async Task<Reply> AskTokenAsync(string? scope = null, string? secret = null)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = ClientId,
            ["client_secret"] = secret ?? ClientSecret,
        };
        if (scope is not null)
            form["scope"] = scope;
        using var message = new HttpRequestMessage(HttpMethod.Post, "/oauth/token") { Content = new FormUrlEncodedContent(form) };
        return await SendAsync(http, message);
    }

    /// <summary>The same person with another client's token.</summary>
    public Person WithToken(string token) => new(http, ClientId, ClientSecret, PrincipalId) { _token = token, AcceptedBy = AcceptedBy };

    /// <summary>The same person, calling another service on the same database.</summary>
    public Person On(TestWorld world) => new(world.Http, ClientId, ClientSecret, PrincipalId) { AcceptedBy = AcceptedBy?.On(world) };
}

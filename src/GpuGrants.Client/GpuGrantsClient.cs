using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace GpuGrants.Client;

/// <summary>
/// A client of the GpuGrants API. It gets and renews its access token, sends an idempotency key with everything that creates or moves
/// something, and tries again when the service says that it is busy: with the same key that is always safe.
/// </summary>
public sealed class GpuGrantsClient : IDisposable
{
    private const int MaxAttempts = 5;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly HttpClient _http;
    private readonly ClientCredentials _credentials;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _renewing = new(1);
    private string? _token;
    private DateTimeOffset _renewAt;

    /// <param name="address">Where the service is.</param>
    /// <param name="credentials">The API client's id and secret.</param>
    /// <param name="handler">How to send; the default handler when null.</param>
    /// <param name="clock">The clock by which tokens are renewed, the service's; the machine's when null.</param>
    public GpuGrantsClient(Uri address, ClientCredentials credentials, HttpMessageHandler? handler = null, TimeProvider? clock = null)
    {
        _http = handler is null ? new HttpClient() : new HttpClient(handler, disposeHandler: false);
        _http.BaseAddress = address;
        _credentials = credentials;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Asks for GPU time. The answer is the decision: approved with a grant, in review, or denied with reasons.</summary>
    /// <exception cref="GpuGrantsException">The service refused the call; the problem says which field and why.</exception>
    public Task<RequestResult> SubmitAsync(
        RequestForGpuTime request,
        string? idempotencyKey = null,
        CancellationToken cancellation = default
    ) => PostAsync<RequestResult>("/v1/requests", request, idempotencyKey, null, cancellation);

    /// <summary>What <see cref="SubmitAsync"/> would get now; nothing is written.</summary>
    public Task<RequestResult> TryAsync(RequestForGpuTime request, CancellationToken cancellation = default) =>
        PostAsync<RequestResult>("/v1/requests?dryRun=true", request, null, null, cancellation);

    /// <summary>A request as it stands now.</summary>
    /// <exception cref="GpuGrantsException">There is none, or the caller may not see it.</exception>
    public Task<RequestResult> GetRequestAsync(Guid id, CancellationToken cancellation = default) =>
        GetAsync<RequestResult>($"/v1/requests/{id}", cancellation);

    /// <summary>Approves a request in review, in full or in part.</summary>
    /// <param name="id">The request.</param>
    /// <param name="version">The version that was read: when somebody else was first, the service answers 412.</param>
    /// <param name="gpuHours">What is approved; null for all.</param>
    /// <param name="comment">For the applicant.</param>
    public Task<RequestResult> ApproveAsync(
        Guid id,
        long version,
        decimal? gpuHours = null,
        string? comment = null,
        CancellationToken cancellation = default
    ) => PostAsync<RequestResult>($"/v1/requests/{id}/approve", new { gpuHours, comment }, null, version, cancellation);

    /// <summary>Denies a request in review; the reason is what the applicant reads.</summary>
    /// <exception cref="GpuGrantsException">It is not in review, or has another version.</exception>
    public Task<RequestResult> DenyAsync(Guid id, long version, string reason, CancellationToken cancellation = default) =>
        PostAsync<RequestResult>($"/v1/requests/{id}/deny", new { reason }, null, version, cancellation);

    /// <summary>A grant as it stands now.</summary>
    /// <exception cref="GpuGrantsException">There is none, or the caller may not see it.</exception>
    public Task<GrantResult> GetGrantAsync(Guid id, CancellationToken cancellation = default) =>
        GetAsync<GrantResult>($"/v1/grants/{id}", cancellation);

    /// <summary>Gives back what a grant has left.</summary>
    public Task<GrantResult> CloseGrantAsync(Guid id, string? reason = null, CancellationToken cancellation = default) =>
        PostAsync<GrantResult>($"/v1/grants/{id}/close", new { reason }, null, null, cancellation);

    /// <summary>Says that all usage of a grant that is ending is reported. What is left returns.</summary>
    public Task<GrantResult> SettleGrantAsync(Guid id, CancellationToken cancellation = default) =>
        PostAsync<GrantResult>($"/v1/grants/{id}/settle", new { }, null, null, cancellation);

    /// <summary>Reports usage: up to 10,000 records, each recorded, repeated or refused on its own.</summary>
    public async Task<IReadOnlyList<UsageOutcome>> ReportUsageAsync(
        IReadOnlyList<UsageReport> records,
        CancellationToken cancellation = default
    ) => (await PostAsync<UsageOutcomes>("/v1/usage-records", new { records }, null, null, cancellation)).Results;

    /// <summary>Reads what lies at a path, such as <c>/v1/programmes</c>.</summary>
    /// <exception cref="GpuGrantsException">The service refused.</exception>
    public Task<TBody> GetAsync<TBody>(string path, CancellationToken cancellation = default) =>
        SendAsync<TBody>(HttpMethod.Get, path, null, null, null, cancellation);

    /// <summary>Posts a body to a path. Every attempt bears one idempotency key.</summary>
    /// <returns>The answer's body; the type's default where the answer has none.</returns>
    /// <exception cref="GpuGrantsException">The service refused.</exception>
    public Task<TBody> PostAsync<TBody>(
        string path,
        object body,
        string? idempotencyKey = null,
        long? version = null,
        CancellationToken cancellation = default
    ) => SendAsync<TBody>(HttpMethod.Post, path, body, idempotencyKey ?? Guid.NewGuid().ToString("N"), version, cancellation);

    /// <summary>Changes what lies at a path, if it still has the version.</summary>
    /// <exception cref="GpuGrantsException">The service refused, or the version is another.</exception>
    public Task<TBody> PatchAsync<TBody>(string path, object body, long version, CancellationToken cancellation = default) =>
        SendAsync<TBody>(HttpMethod.Patch, path, body, null, version, cancellation);

    /// <summary>Opens a stream of server-sent events.</summary>
    /// <exception cref="GpuGrantsException">The service refused.</exception>
    internal async Task<HttpResponseMessage> OpenStreamAsync(string path, string? lastEventId, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(cancellation));
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null)
            message.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw new GpuGrantsException(response.StatusCode, await ProblemAsync(response, cancellation));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _renewing.Dispose();
    }

    private async Task<TBody> SendAsync<TBody>(
        HttpMethod method,
        string path,
        object? body,
        string? key,
        long? version,
        CancellationToken cancellation
    )
    {
        var wasRefused = false;
        for (var attempt = 1; ; attempt++)
        {
            using var message = new HttpRequestMessage(method, path);
            var token = await TokenAsync(cancellation);
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            if (key is not null)
                message.Headers.Add("Idempotency-Key", key);
            if (version is { } number)
                message.Headers.TryAddWithoutValidation("If-Match", $"\"{number}\"");
            if (body is not null)
                message.Content = JsonContent.Create(body, options: Json);
            using var response = await _http.SendAsync(message, cancellation);
            if (response.StatusCode == HttpStatusCode.NoContent)
                return default!;
            if (response.IsSuccessStatusCode)
                return (await response.Content.ReadFromJsonAsync<TBody>(Json, cancellation))!;
            if (response.StatusCode == HttpStatusCode.Unauthorized && !wasRefused)
            {
                // The service's clock may be ahead, or its keys new: nothing was done, so one more try with a new token is safe.
                wasRefused = true;
                Interlocked.CompareExchange(ref _token, null, token);
                continue;
            }

            var isRepeatable = method == HttpMethod.Get || key is not null;
            if (
                attempt == MaxAttempts
                || !isRepeatable
                || response.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
            )
                throw new GpuGrantsException(response.StatusCode, await ProblemAsync(response, cancellation));
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), cancellation);
        }
    }

    private static async Task<ProblemDetails> ProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var text = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            return JsonSerializer.Deserialize<ProblemDetails>(text, Json) ?? new ProblemDetails();
        }
        catch (JsonException)
        {
            return new ProblemDetails { Detail = text };
        }
    }

    private async Task<string> TokenAsync(CancellationToken cancellation)
    {
        if (_token is { } known && _clock.GetUtcNow() < _renewAt)
            return known;
        await _renewing.WaitAsync(cancellation);
        try
        {
            if (_token is { } renewed && _clock.GetUtcNow() < _renewAt)
                return renewed;
            using var form = new FormUrlEncodedContent(
                new Dictionary<string, string>
                {
                    ["grant_type"] = "client_credentials",
                    ["client_id"] = _credentials.Id,
                    ["client_secret"] = _credentials.Secret,
                }
            );
            using var response = await _http.PostAsync(new Uri("/oauth/token", UriKind.Relative), form, cancellation);
            if (!response.IsSuccessStatusCode)
                throw new GpuGrantsException(response.StatusCode, await ProblemAsync(response, cancellation));
            var token = (await response.Content.ReadFromJsonAsync<TokenAnswer>(cancellation))!;
            _renewAt = _clock.GetUtcNow().AddSeconds(token.ExpiresIn * 0.8);
            return _token = token.AccessToken;
        }
        finally
        {
            _renewing.Release();
        }
    }

    private sealed record TokenAnswer(
        [property: System.Text.Json.Serialization.JsonPropertyName("access_token")] string AccessToken,
        [property: System.Text.Json.Serialization.JsonPropertyName("expires_in")] int ExpiresIn
    );

    private sealed record UsageOutcomes(IReadOnlyList<UsageOutcome> Results);
}

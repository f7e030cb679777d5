using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using GpuGrants.Api.Webhooks.Egress;
using GpuGrants.Webhooks;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>Posts signed messages. It follows no redirect, does not wait forever, and reads at most a kilobyte of the answer.</summary>
public sealed class WebhookSender : IDisposable
{
    private const int ResponseBytes = 1_024;
    private const int MaxErrorLength = 200;

    private readonly WebhookSecrets _secrets;
    private readonly TimeProvider _clock;
    private readonly WebhookOptions _options;
    private readonly HttpMessageInvoker _http;

    public WebhookSender(EgressGuard guard, WebhookSecrets secrets, TimeProvider clock, IOptions<WebhookOptions> options)
    {
        (_secrets, _clock, _options) = (secrets, clock, options.Value);
        // No client around it: that would buffer answers and keep another clock.
        _http = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                ConnectCallback = guard.ConnectAsync,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionLifetime = TimeSpan.FromMinutes(1),
                MaxConnectionsPerServer = 16,
                MaxResponseHeadersLength = 16,
                ActivityHeadersPropagator = null,
            }
        );
    }

    /// <summary>Sends once.</summary>
    /// <returns>What came of it, also when there was no answer.</returns>
    internal async Task<SentMessage> SendAsync(
        WebhookEndpoint endpoint,
        WebhookMessage message,
        int attempt,
        CancellationToken cancellation
    )
    {
        var at = _clock.GetUtcNow();
        var started = Stopwatch.GetTimestamp();
        var row = new WebhookDelivery
        {
            Id = Guid.CreateVersion7(at),
            EndpointId = endpoint.Id,
            Tree = message.Tree,
            Sequence = message.Sequence,
            EventId = message.EventId,
            EventType = message.Type,
            Attempt = attempt,
            Url = endpoint.Url,
            Request = message.Kept,
            StartedAt = at,
        };
        TimeSpan? retryAfter = null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(_options.TimeoutSeconds));
        try
        {
            using var request = RequestOf(endpoint, message, at);
            using var response = await _http.SendAsync(request, patience.Token);
            row.StatusCode = (int)response.StatusCode;
            retryAfter = RetryAfterOf(response.Headers.RetryAfter, at);
            row.Response = await BeginningAsync(response.Content, patience.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            // An answer whose body breaks off is an answer all the same.
            if (row.StatusCode is null)
                row.Error = ErrorOf(failure);
        }

        row.Milliseconds = (int)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return new SentMessage(row, retryAfter);
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage RequestOf(WebhookEndpoint endpoint, WebhookMessage message, DateTimeOffset at)
    {
        var (id, seconds) = (message.EventId.ToString(), at.ToUnixTimeSeconds());
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = new ByteArrayContent(message.Body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", message.ContentType);
        request.Headers.TryAddWithoutValidation("webhook-id", id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", seconds.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation(
            "webhook-signature",
            WebhookSignature.Of(_secrets.Of(endpoint, at), id, seconds, message.Body)
        );
        if (message.Traceparent is { } trace)
            request.Headers.TryAddWithoutValidation("traceparent", trace);
        request.Headers.TryAddWithoutValidation("User-Agent", "GpuGrants-Webhooks/1");
        return request;
    }

    private static TimeSpan? RetryAfterOf(RetryConditionHeaderValue? header, DateTimeOffset now) =>
        header?.Delta ?? (header?.Date is { } date && date > now ? date - now : null);

    /// <summary>Text as PostgreSQL stores it: without NUL, and with a mark for what is no UTF-8.</summary>
    private static async Task<string> BeginningAsync(HttpContent content, CancellationToken cancellation)
    {
        if (content.Headers.ContentLength == 0)
            return "";
        var bytes = new byte[ResponseBytes];
        await using var stream = await content.ReadAsStreamAsync(cancellation);
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return Encoding.UTF8.GetString(bytes, 0, length).Replace("\0", "", StringComparison.Ordinal);
    }

    private static string ErrorOf(Exception failure)
    {
        var text = failure switch
        {
            OperationCanceledException => "The receiver did not answer in time.",
            { InnerException: EgressRefusedException refused } => refused.Message,
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "The host has no address.",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "The TLS handshake failed.",
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "The host cannot be reached.",
            _ => "The connection broke off.",
        };
        return text.Length <= MaxErrorLength ? text : text[..MaxErrorLength];
    }
}

/// <summary>What came of one attempt.</summary>
/// <param name="Delivery">The attempt, as it is logged.</param>
/// <param name="RetryAfter">What the receiver asked for; null for nothing.</param>
internal sealed record SentMessage(WebhookDelivery Delivery, TimeSpan? RetryAfter)
{
    public bool IsTaken => Delivery.StatusCode is >= 200 and < 300;

    /// <summary>The receiver wants nothing more.</summary>
    public bool IsGone => Delivery.StatusCode == 410;
}

using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using GpuGrants.Api.Http.Limiting;
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

    /// <summary>Parsed once for each row that was read, as a run sends many deliveries to it.</summary>
    private readonly ConditionalWeakTable<WebhookEndpoint, Uri> _addresses = [];

    /// <summary>Clocks of deliveries that are over, for the next ones: making one costs more than winding it up again.</summary>
    private readonly ConcurrentStack<CancellationTokenSource> _clocks = new();

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
                MaxResponseHeadersLength = 16,
                ActivityHeadersPropagator = null,
            }
        );
    }

    /// <summary>An endpoint gets one ping at a time, because a ping may hold a call as long as a receiver does not answer.</summary>
    internal PlacesPer<Guid> Pings { get; } = new(1);

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
        var patience = _clocks.TryPop(out var used) ? used : new CancellationTokenSource();
        try
        {
            using var ending = cancellation.UnsafeRegister(static clock => ((CancellationTokenSource)clock!).Cancel(), patience);
            patience.CancelAfter(TimeSpan.FromSeconds(_options.TimeoutSeconds));
            using var request = RequestOf(endpoint, message, at);
            using var response = await _http.SendAsync(request, patience.Token);
            // Any three digits come through. Fewer than 100 are no status.
            if ((int)response.StatusCode < 100)
                throw new HttpRequestException(HttpRequestError.InvalidResponse);
            row.StatusCode = (int)response.StatusCode;
            if (!response.IsSuccessStatusCode)
                retryAfter = RetryAfterOf(response.Headers.RetryAfter, at);
            row.Response = await BeginningAsync(response, patience.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException or UriFormatException)
        {
            cancellation.ThrowIfCancellationRequested();
            // An answer whose body breaks off is an answer all the same.
            if (row.StatusCode is null)
                row.Error = ErrorOf(failure);
        }
        finally
        {
            if (patience.TryReset())
                _clocks.Push(patience);
            else
                patience.Dispose();
        }

        row.Milliseconds = (int)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return new SentMessage(row, retryAfter);
    }

    public void Dispose()
    {
        _http.Dispose();
        while (_clocks.TryPop(out var clock))
            clock.Dispose();
    }

    private HttpRequestMessage RequestOf(WebhookEndpoint endpoint, WebhookMessage message, DateTimeOffset at)
    {
        var (id, seconds) = (message.Id, at.ToUnixTimeSeconds());
        var address = _addresses.GetValue(endpoint, static row => new Uri(row.Url));
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(message.Body) };
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
    private static async ValueTask<string> BeginningAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode == HttpStatusCode.NoContent || response.Content.Headers.ContentLength == 0)
            return "";
        var bytes = ArrayPool<byte>.Shared.Rent(ResponseBytes);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            var length = await stream.ReadAtLeastAsync(
                bytes.AsMemory(0, ResponseBytes),
                ResponseBytes,
                throwOnEndOfStream: false,
                cancellation
            );
            return Encoding.UTF8.GetString(bytes, 0, length).Replace("\0", "", StringComparison.Ordinal);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
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
            UriFormatException => "The host is no name that can be looked up.",
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

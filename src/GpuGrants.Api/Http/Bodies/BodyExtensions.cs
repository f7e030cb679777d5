using System.Buffers;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using FluentValidation;
using FluentValidation.Results;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace GpuGrants.Api.Http.Bodies;

/// <summary>Reads the body of a call.</summary>
public static class BodyExtensions
{
    private const string Hash = "gpugrants.body-hash";
    private const string Body = "gpugrants.body";
    private const int FirstRead = 4_096;

    /// <summary>The most faults of one body that an answer names.</summary>
    private const int MaxErrors = 100;

    /// <summary>The body, read strictly and checked. No body stands for an empty object where that would do.</summary>
    /// <exception cref="ProblemException">It is not JSON, too large, has unknown or doubled members, or breaks a rule.</exception>
    public static async Task<TBody> BodyAsync<TBody>(this HttpContext http, IValidator<TBody>? validator = null)
        where TBody : class
    {
        return OfNoBody(http, validator) ?? Check(Parse<TBody>(await ReadAsync(http)), validator);
    }

    /// <summary>A POST without a body says as much as one with an empty object, where nothing has to be stated.</summary>
    /// <returns>Null when there is a body, or one is needed.</returns>
    private static TBody? OfNoBody<TBody>(HttpContext http, IValidator<TBody>? validator)
        where TBody : class
    {
        if (!HttpMethods.IsPost(http.Request.Method) || http.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
            return null;
        var body = Parse<TBody>("{}"u8.ToArray());
        return validator is null || validator.Validate(body).IsValid ? body : null;
    }

    /// <summary>A JSON Merge Patch (RFC 7396), read strictly and checked.</summary>
    /// <exception cref="ProblemException">As of <see cref="BodyAsync"/>, or a member is null that may not be empty.</exception>
    public static async Task<MergePatch<TBody>> PatchAsync<TBody>(this HttpContext http, IValidator<TBody> validator)
        where TBody : class
    {
        var sent = await ReadAsync(http);
        var body = Parse<TBody>(sent);
        var patch = MergePatch<TBody>.Of(sent, body);
        Check(body, validator);
        return patch;
    }

    private static TBody Check<TBody>(TBody body, IValidator<TBody>? validator)
    {
        if (validator is null)
            return body;
        var result = validator.Validate(body);
        return result.IsValid ? body : throw new ProblemException(Problem.Of(ErrorsOf(result.Errors)));
    }

    /// <summary>What is wrong, by field. A list of empty entries can have thousands of faults; the first are enough to mend.</summary>
    private static Dictionary<string, string[]> ErrorsOf(IReadOnlyList<ValidationFailure> found)
    {
        var errors = found
            .Take(MaxErrors)
            .GroupBy(error => JsonPath(error.PropertyName))
            .ToDictionary(group => group.Key, group => group.Select(error => error.ErrorMessage).Distinct().ToArray());
        if (found.Count > MaxErrors)
            errors["$"] = ["The body has more faults than these. Mend these first."];
        return errors;
    }

    /// <summary>The body of a call that sends JSON or one of other media types.</summary>
    /// <returns>The bytes as they came, and the other type; null for JSON.</returns>
    /// <exception cref="ProblemException">It is of no such type, or too large.</exception>
    public static async Task<(ReadOnlyMemory<byte> Utf8, string? Type)> RawBodyAsync(this HttpContext http, params string[] others)
    {
        var other = others.FirstOrDefault(type => IsMedia(http.Request, type));
        return (other is null ? await ReadAsync(http) : await BytesAsync(http), other);
    }

    /// <summary>The SHA-256 of the body that was read; of nothing when no body was.</summary>
    internal static byte[] BodyHash(this HttpContext http) => http.Items[Hash] as byte[] ?? SHA256.HashData([]);

    /// <summary>Reads JSON strictly.</summary>
    /// <exception cref="ProblemException">It is not JSON, or has unknown or doubled members.</exception>
    [SuppressMessage("Design", "CA1031", Justification = "Any failure to read what a stranger sent is the stranger's problem document.")]
    public static TBody Parse<TBody>(ReadOnlyMemory<byte> utf8)
        where TBody : class
    {
        try
        {
            return JsonSerializer.Deserialize<TBody>(utf8.Span, ApiJson.Options)
                ?? throw Problem.Malformed("$", "The body is null. Send a JSON object.");
        }
        catch (JsonException error)
        {
            var (field, message) = Explain(error);
            throw Problem.Malformed(field, message);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            throw Problem.Malformed("$", "The body has a text or a number that cannot be read.");
        }
    }

    /// <summary>What is wrong with JSON that could not be read.</summary>
    /// <returns>The field, <c>$</c> for the whole, and a sentence that names none of the service's own types.</returns>
    public static (string Field, string Message) Explain(JsonException error) => (FieldOf(error), MessageOf(error));

    private static string FieldOf(JsonException error) =>
        error.Path is null or "$" ? "$"
        : error.Path.StartsWith("$.", StringComparison.Ordinal) ? error.Path[2..]
        : error.Path;

    private static string MessageOf(JsonException error)
    {
        if (error is FieldFormatException)
            return error.Message;
        var text = error.Message;
        if (text.Contains("could not be mapped", StringComparison.Ordinal))
            return "The member is unknown. Remove it. The API page lists all members.";
        if (text.Contains("uplicate", StringComparison.Ordinal))
            return "A member occurs twice. Send each once.";
        if (text.Contains("depth", StringComparison.Ordinal))
            return $"The body is nested deeper than {ApiJson.MaxDepth} levels.";
        return text.Contains("could not be converted", StringComparison.Ordinal)
            ? "The value has the wrong type or form. The API page shows the type of each member."
            : $"The body is not valid JSON (line {error.LineNumber + 1}, byte {error.BytePositionInLine}).";
    }

    /// <summary>Other forms of JSON mean something else: <c>application/json-patch+json</c> is a list of operations.</summary>
    private static bool IsJson(HttpRequest request) =>
        IsMedia(request, "application/json") || (HttpMethods.IsPatch(request.Method) && IsMedia(request, "application/merge-patch+json"));

    private static bool IsMedia(HttpRequest request, string name) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(name, StringComparison.OrdinalIgnoreCase)
        && (type.Charset.Length == 0 || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    /// <summary>Bodies are read as they come.</summary>
    /// <exception cref="ProblemException">The body is encoded.</exception>
    private static void CheckEncoding(HttpRequest request)
    {
        foreach (var encoding in request.Headers.ContentEncoding)
            if (encoding is { Length: > 0 } && !encoding.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase))
                throw new ProblemException(
                    Problem.Document(415, "unsupported-content-type", "Send the body without a Content-Encoding.", "Content-Encoding")
                );
    }

    private static Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http) =>
        IsJson(http.Request)
            ? BytesAsync(http)
            : throw new ProblemException(
                Problem.Document(415, "unsupported-content-type", "Send Content-Type: application/json, in UTF-8.", "Content-Type")
            );

    /// <summary>The whole body, which the endpoint then finds at hand.</summary>
    /// <exception cref="ProblemException">It does not arrive in time.</exception>
    public static async Task<ReadOnlyMemory<byte>> BytesAsync(this HttpContext http)
    {
        // An endpoint that runs again reads the same body.
        if (http.Items[Body] is ReadOnlyMemory<byte> read)
            return read;
        CheckEncoding(http.Request);
        // With room for one byte more, the end is found without a larger buffer.
        var body = new ArrayBufferWriter<byte>((int)Math.Clamp(http.Request.ContentLength ?? FirstRead, 0, BodyLimit.DefaultBytes) + 1);
        using var cut = http.CutSlowBody();
        try
        {
            while (true)
            {
                var bytes = await http.Request.Body.ReadAsync(body.GetMemory(1), cut.Token);
                if (bytes == 0)
                    break;
                body.Advance(bytes);
            }
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            throw http.TooSlow();
        }

        http.Items[Hash] = SHA256.HashData(body.WrittenSpan);
        http.Items[Body] = body.WrittenMemory;
        return body.WrittenMemory;
    }

    /// <summary>Cancels when the body of the call has taken too long.</summary>
    internal static CancellationTokenSource CutSlowBody(this HttpContext http) =>
        new(
            TimeSpan.FromSeconds(http.RequestServices.GetRequiredService<IOptions<BodyOptions>>().Value.TotalSeconds),
            http.RequestServices.GetRequiredService<TimeProvider>()
        );

    /// <summary>The refusal of such a body. The connection closes: what still trickles in is no other call.</summary>
    internal static ProblemException TooSlow(this HttpContext http)
    {
        http.Response.OnStarting(() =>
        {
            http.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
        return new ProblemException(
            Problem.Document(408, "body-too-slow", "The body did not arrive in time. docs/limits.md states the time. Send it again.")
        );
    }

    private static string JsonPath(string property) =>
        string.Join('.', property.Split('.').Select(part => part.Length == 0 ? part : char.ToLowerInvariant(part[0]) + part[1..]));
}

/// <summary>How long a body may take. Configuration section <c>Bodies</c>.</summary>
public sealed class BodyOptions
{
    /// <summary>Seconds from the head of a call to the last byte of its body, however steadily it trickles.</summary>
    [Range(1, 3_600)]
    public int TotalSeconds { get; set; } = 30;
}

/// <summary>The largest body that an endpoint takes.</summary>
/// <param name="MaxRequestBodySize">In bytes.</param>
public sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata
{
    /// <summary>Of endpoints without a limit of their own.</summary>
    public const int DefaultBytes = 64 * 1024;
}

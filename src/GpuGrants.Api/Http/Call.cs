using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FluentValidation;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Net.Http.Headers;

namespace GpuGrants.Api.Http;

/// <summary>What an endpoint reads from a call, and how it answers with what the pipeline said.</summary>
public static class Call
{
    private const string BodyHash = "gpugrants.body-hash";
    private const string Body = "gpugrants.body";

    /// <summary>JSON, one document per line.</summary>
    public const string LinesType = "application/x-ndjson";

    /// <summary>The body, read strictly and checked.</summary>
    /// <exception cref="ProblemException">It is not JSON, too large, has unknown or doubled members, or breaks a rule.</exception>
    public static async Task<TBody> BodyAsync<TBody>(this HttpContext http, IValidator<TBody>? validator = null)
        where TBody : class
    {
        return Check(Parse<TBody>(await ReadAsync(http)), validator);
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
        if (result.IsValid)
            return body;
        throw new ProblemException(
            Problem.Of(
                result
                    .Errors.GroupBy(error => JsonPath(error.PropertyName))
                    .ToDictionary(group => group.Key, group => group.Select(error => error.ErrorMessage).Distinct().ToArray())
            )
        );
    }

    /// <summary>The body of a call that sends JSON, line by line (NDJSON) when it says so.</summary>
    /// <returns>The bytes as they came, and whether each line is a document of its own.</returns>
    /// <exception cref="ProblemException">It is neither, or too large.</exception>
    public static async Task<(ReadOnlyMemory<byte> Utf8, bool IsLines)> LinesOrJsonAsync(this HttpContext http) =>
        IsMedia(http.Request, LinesType) ? (await BytesAsync(http), true) : (await ReadAsync(http), false);

    /// <summary>The body as it came, for documents that have a parser of their own.</summary>
    public static async Task<string> TextBodyAsync(this HttpContext http)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString((await ReadAsync(http)).Span);
        }
        catch (DecoderFallbackException)
        {
            throw Problem.Malformed("$", "The body is not UTF-8.");
        }
    }

    /// <summary>The caller's key for this call; null when it sent none.</summary>
    /// <exception cref="ProblemException">The key is empty, too long or has characters that no key has.</exception>
    public static IdempotencyKey? IdempotencyKey(this HttpContext http)
    {
        var values = http.Request.Headers["Idempotency-Key"];
        if (values.Count == 0)
            return null;
        var key = values.Count == 1 ? values[0]!.Trim() : "";
        if (key.Length >= 2 && key[0] == '"' && key[^1] == '"')
            key = key[1..^1];
        if (key.Length is 0 or > Pipeline.IdempotencyKey.MaxLength || key.Any(letter => letter is < ' ' or > '~'))
            throw Problem.Malformed(
                "Idempotency-Key",
                $"An idempotency key has 1 to {Pipeline.IdempotencyKey.MaxLength} printable ASCII characters."
            );
        var hash = http.Items[BodyHash] as byte[] ?? SHA256.HashData([]);
        var query = SHA256.HashData([.. Encoding.UTF8.GetBytes(http.Request.QueryString.Value ?? ""), .. hash]);
        return new IdempotencyKey(http.Caller().ClientId, $"{http.Request.Method} {OnePath(http)}", key, query);
    }

    /// <summary>The call's path in one spelling. Letter case, a trailing slash and other ways to write a UUID do not change it.</summary>
    private static string OnePath(HttpContext http)
    {
        if (http.GetEndpoint() is not RouteEndpoint endpoint)
            return http.Request.Path;
        var path = new StringBuilder();
        foreach (var segment in endpoint.RoutePattern.PathSegments)
        {
            path.Append('/');
            foreach (var part in segment.Parts)
                path.Append(Spelled(http, part));
        }

        return path.ToString();
    }

    private static string? Spelled(HttpContext http, RoutePatternPart part)
    {
        if (part is RoutePatternLiteralPart literal)
            return literal.Content;
        var value = part is RoutePatternParameterPart parameter ? http.Request.RouteValues[parameter.Name]?.ToString() : null;
        return Guid.TryParse(value, out var id) ? id.ToString() : value;
    }

    /// <summary>The version that <c>If-Match</c> names; null when it is absent and not needed, or <c>*</c>.</summary>
    /// <exception cref="ProblemException">It is absent and needed, or no strong ETag of ours.</exception>
    public static long? IfMatch(this HttpContext http, bool required = true)
    {
        var value = http.Request.Headers.IfMatch.ToString();
        if (value.Length == 0)
            return required
                ? throw Problem.Precondition("Send If-Match with the ETag that you read, so that nobody's change is lost.")
                : null;
        if (value == "*")
            return null;
        return
            value.Length > 2
            && value[0] == '"'
            && value[^1] == '"'
            && long.TryParse(value[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw new ProblemException(
                Problem.Document(
                    412,
                    "stale",
                    "The If-Match header names no version of this resource. Read it and send its ETag.",
                    "If-Match"
                )
            );
    }

    /// <summary>Has the pipeline carry out the command under the call's idempotency key and writes its answer.</summary>
    /// <param name="http">The call.</param>
    /// <param name="command">What to do.</param>
    /// <param name="render">Makes the answer of the result: a pure function, used once, before the commit.</param>
    /// <param name="repeat">The same for repetitions, where they get less: secrets are shown once.</param>
    /// <remarks>
    /// It waits also for a caller who went away: the command is carried out all the same, and may still read the call that it came with.
    /// </remarks>
    public static Task<IResult> RunAsync<TResult>(
        this HttpContext http,
        Command<TResult> command,
        Func<TResult, Answer> render,
        Func<TResult, Answer>? repeat = null
    ) => http.RunAsync(command, Renderer.Of(render, repeat));

    /// <inheritdoc cref="RunAsync{TResult}(HttpContext, Command{TResult}, Func{TResult, Answer}, Func{TResult, Answer}?)"/>
    public static async Task<IResult> RunAsync<TResult>(
        this HttpContext http,
        Command<TResult> command,
        Func<Outcome<TResult>, Rendering?> render
    )
    {
        var key = http.IdempotencyKey();
        var submission = new Submission<TResult>(command, key, render);
        var reply = await http.RequestServices.GetRequiredService<DecisionPipeline>().ExecuteAsync(submission, CancellationToken.None);
        return new AnswerResult(reply.Repeated is { } kept ? await http.AgainAsync(kept, key!) : (Answer)reply.Rendering!.Answer);
    }

    public static Actor Actor(this HttpContext http) => http.Caller().Actor;

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
        IsMedia(request, "application/json")
        || (HttpMethods.IsPatch(request.Method) && IsMedia(request, "application/merge-patch+json"));

    private static bool IsMedia(HttpRequest request, string name) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext http) =>
        IsJson(http.Request)
            ? BytesAsync(http)
            : throw new ProblemException(
                Problem.Document(415, "unsupported-content-type", "Send Content-Type: application/json.", "Content-Type")
            );

    private static async Task<ReadOnlyMemory<byte>> BytesAsync(HttpContext http)
    {
        // An endpoint that runs again reads the same body.
        if (http.Items[Body] is ReadOnlyMemory<byte> read)
            return read;
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            var bytes = await http.Request.Body.ReadAsync(body.GetMemory(4_096), http.RequestAborted);
            if (bytes == 0)
                break;
            body.Advance(bytes);
        }

        http.Items[BodyHash] = SHA256.HashData(body.WrittenSpan);
        http.Items[Body] = body.WrittenMemory;
        return body.WrittenMemory;
    }

    private static string JsonPath(string property) =>
        string.Join('.', property.Split('.').Select(part => part.Length == 0 ? part : char.ToLowerInvariant(part[0]) + part[1..]));
}

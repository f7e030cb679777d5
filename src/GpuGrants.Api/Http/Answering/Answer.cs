using System.Text.Json;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Wording;
using Microsoft.Extensions.Primitives;

namespace GpuGrants.Api.Http.Answering;

/// <summary>An HTTP answer: what a caller gets for a command, and what the same idempotency key keeps getting.</summary>
public sealed record Answer : IKeepable
{
    public required int Status { get; init; }

    /// <summary>UTF-8 JSON; empty for none.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    public string ContentType { get; init; } = "application/json; charset=utf-8";

    public string? Location { get; init; }

    public string? ETag { get; init; }

    /// <summary>The language of its sentences for people; null where it has none.</summary>
    public string? Language { get; init; }

    /// <summary>True when the answer was given before and is repeated for the same idempotency key.</summary>
    public bool Replayed { get; init; }

    public void KeepIn(KeptAnswer row)
    {
        row.Status = Status;
        row.ContentType = ContentType;
        row.Location = Location;
        row.Etag = ETag;
        row.Language = Language;
        row.SetBody(Body.Span);
    }

    /// <summary>The answer that the row holds.</summary>
    public static Answer Of(KeptAnswer row) =>
        new()
        {
            Status = row.Status!.Value,
            Body = row.ReadBody(),
            ContentType = row.ContentType!,
            Location = row.Location,
            ETag = row.Etag,
            Language = row.Language,
        };

    /// <summary>Something was made.</summary>
    /// <param name="location">Where it can be read; null when it cannot be read by itself.</param>
    /// <param name="body">What was made.</param>
    /// <param name="version">Its version, where it has one.</param>
    public static Answer Created<TBody>(string? location, TBody body, long? version = null) =>
        Json(201, body, version) with
        {
            Location = location,
        };

    /// <summary>Accepted; the work continues elsewhere.</summary>
    /// <param name="location">Where it can be read; null when it cannot be read by itself.</param>
    /// <param name="body">What goes on.</param>
    public static Answer Accepted<TBody>(string? location, TBody body) => Json(202, body, null) with { Location = location };

    public static Answer Ok<TBody>(TBody body, long? version = null) => Json(200, body, version);

    public static Answer NoContent() => new() { Status = 204, Body = ReadOnlyMemory<byte>.Empty };

    private static Answer Json<TBody>(int status, TBody body, long? version) =>
        new()
        {
            Status = status,
            Body = ApiJson.Write(body),
            ETag = version is { } number ? EntityTagExtensions.ETag(number) : null,
        };
}

/// <summary>Writes what the pipeline answered.</summary>
public sealed class AnswerResult(Answer answer) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = answer.Status;
        var said = Spoken(httpContext);
        if (answer.Location is { } location)
            response.Headers.Location = location;
        if (answer.ETag is { } etag)
            response.Headers.ETag = etag;
        if (said.Language is { } language)
            response.Headers.ContentLanguage = language;
        if (answer.Replayed)
            response.Headers["Idempotent-Replayed"] = "true";
        if (answer.Body.IsEmpty)
            return;
        if (Preference.LeavesOutBody(httpContext, answer))
        {
            Preference.SayApplied(response);
            return;
        }

        response.ContentType = answer.ContentType;
        response.ContentLength = said.Body.Length;
        await response.Body.WriteAsync(said.Body, httpContext.RequestAborted);
    }

    /// <summary>A problem in the caller's language, wherever it was rendered and kept; any other answer as it is.</summary>
    private Answer Spoken(HttpContext http)
    {
        if (answer.ContentType != Problem.ContentType || answer.Body.IsEmpty)
            return answer;
        var language = http.Language();
        if (!answer.Replayed && language != Korean.Language)
            return answer with { Language = language };
        var document = JsonSerializer.Deserialize<ProblemDocument>(answer.Body.Span, ApiJson.Options)!;
        // What a key keeps was said in the language of the first call, and stays.
        if (answer.Replayed || Korean.Is(document.Detail))
            return answer with { Language = Korean.Is(document.Detail) ? Korean.Language : Languages.English };
        return answer with { Body = ApiJson.Write(document.In(language)), Language = language };
    }
}

/// <summary>Answers a read with 304 when the caller has that version already.</summary>
public static class NotModified
{
    /// <summary>The answer, or 304 in its place. The endpoint has said which version it is of.</summary>
    public static object? Of(HttpContext http, object? answer)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || http.Response.Headers.ETag is not [{ } etag])
            return answer;
        // Sentences come in the caller's language.
        http.Response.Headers.Vary = "Accept-Language";
        if (!http.HasAlready(etag))
            return answer;
        http.Response.Headers.ContentLanguage = default;
        return TypedResults.StatusCode(StatusCodes.Status304NotModified);
    }
}

/// <summary>What a caller would rather have (RFC 7240): <c>Prefer: return=minimal</c> asks for no body after a change.</summary>
internal static class Preference
{
    public const string Applied = "Preference-Applied";

    private const string Minimal = "return=minimal";

    /// <summary>Whether the answer goes out without its body. What was made has to be readable elsewhere.</summary>
    public static bool LeavesOutBody(HttpContext http, Answer answer)
    {
        if (answer.Status is not (200 or 201) || (answer.Status == 201 && answer.Location is null))
            return false;
        return http.Request.Headers["Prefer"] is { Count: > 0 } values && Asks(values);
    }

    /// <summary>Says that the preference was followed.</summary>
    public static void SayApplied(HttpResponse response)
    {
        response.Headers[Applied] = Minimal;
        response.ContentLength = 0;
    }

    /// <summary>Of one preference that is stated twice, the first counts.</summary>
    private static bool Asks(StringValues values)
    {
        foreach (var value in values)
        foreach (var part in (value ?? "").Split(','))
        {
            var name = part.Split(';')[0].Replace(" ", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal);
            if (name.StartsWith("return=", StringComparison.OrdinalIgnoreCase))
                return name.Equals(Minimal, StringComparison.OrdinalIgnoreCase);
        }

        return false;
    }
}

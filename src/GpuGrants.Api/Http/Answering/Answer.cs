using GpuGrants.Api.Pipeline.Submissions;
using Microsoft.Net.Http.Headers;

namespace GpuGrants.Api.Http.Answering;

/// <summary>An HTTP answer: what a caller gets for a command, and what the same idempotency key keeps getting.</summary>
public sealed record Answer : IAnswer
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
        row.TakeBody(Body.Span);
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
}

/// <summary>Writes what the pipeline answered.</summary>
public sealed class AnswerResult(Answer answer) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = answer.Status;
        if (answer.Location is { } location)
            response.Headers.Location = location;
        if (answer.ETag is { } etag)
            response.Headers.ETag = etag;
        if (answer.Language is { } language)
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
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, httpContext.RequestAborted);
    }
}

/// <summary>Tells browsers what no answer of the service is for: to be guessed at, framed, or to run what others put into it.</summary>
public static class SafeHeaders
{
    private const string Data = "default-src 'none'; frame-ancestors 'none'";

    /// <summary>The page of the contract has scripts and styles of its own, and calls this service alone.</summary>
    private const string Page =
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
        + "frame-ancestors 'none'";

    private const string OnlyTls = "max-age=31536000";

    /// <summary>Puts the headers on every answer.</summary>
    /// <param name="app">The service.</param>
    /// <param name="publicUrl">Where callers find it. Under https, browsers are told to come back by nothing else.</param>
    public static void UseSafeHeaders(this WebApplication app, Uri publicUrl)
    {
        var isTls = publicUrl.Scheme == Uri.UriSchemeHttps;
        Func<object, Task> add = state =>
        {
            Add((HttpContext)state, isTls);
            return Task.CompletedTask;
        };
        app.Use(
            (http, next) =>
            {
                // When the answer starts, because a problem document clears headers that were set before.
                http.Response.OnStarting(add, http);
                return next(http);
            }
        );
    }

    private static void Add(HttpContext http, bool isTls)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments("/docs") ? Page : Data;
        if (isTls || http.Request.IsHttps)
            headers.StrictTransportSecurity = OnlyTls;
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

/// <summary>The language of sentences for people: that of <c>Accept-Language</c>, as RFC 9110, section 12.5.4, says.</summary>
public static class Languages
{
    private const string English = "en";
    private const string Korean = "ko";

    /// <summary>
    /// <c>ko</c> when the caller prefers Korean to English, else <c>en</c>. A range such as ko-KR means its language (RFC 4647, section
    /// 3.4).
    /// What has the weight 0 is not wanted. Where neither is wanted, English is better than nothing.
    /// </summary>
    public static string Language(this HttpContext http)
    {
        var ranges = http.Request.GetTypedHeaders().AcceptLanguage;
        var (english, korean) = (WeightOf(English, ranges), WeightOf(Korean, ranges));
        if (english != korean)
            return korean > english ? Korean : English;
        // Equal weights say nothing, so the order does.
        return
            korean > 0 && ranges.FirstOrDefault(range => Means(range, Korean) || Means(range, English)) is { } first && Means(first, Korean)
            ? Korean
            : English;
    }

    /// <summary>The same for an answer that is sent at once, with the header that names its language.</summary>
    public static string SpokenLanguage(this HttpContext http)
    {
        var language = http.Language();
        http.Response.Headers.ContentLanguage = language;
        return language;
    }

    /// <summary>How much a language is wanted, from 0 to 1.</summary>
    private static double WeightOf(string language, IList<StringWithQualityHeaderValue> ranges)
    {
        if (ranges.FirstOrDefault(range => range.Value.Equals(language, StringComparison.OrdinalIgnoreCase)) is { Quality: 0 })
            return 0;
        var meant = ranges.Where(range => Means(range, language)).ToList();
        if (meant.Count == 0)
            meant = [.. ranges.Where(range => range.Value == "*")];
        return meant.Count == 0 ? 0 : meant.Max(range => range.Quality ?? 1);
    }

    private static bool Means(StringWithQualityHeaderValue range, string language) =>
        range.Value.Equals(language, StringComparison.OrdinalIgnoreCase)
        || range.Value.StartsWith(language + "-", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The endpoint answers with sentences in the caller's language.</summary>
public sealed record SpeaksLanguages;

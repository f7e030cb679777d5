using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuGrants.Api.Wording;

namespace GpuGrants.Api.Tests.World.Contracts;

/// <summary>Holds every answer against the approved contract, and every call that was taken against what the contract lets in.</summary>
internal sealed class ContractHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>What servers and connections add to any answer.</summary>
    private static readonly HashSet<string> Ordinary = new(StringComparer.OrdinalIgnoreCase)
    {
        "Date",
        "Server",
        "Transfer-Encoding",
        "Connection",
        "Keep-Alive",
        "Content-Length",
        "Content-Type",
        "Content-Encoding",
        "Vary",
        "Cache-Control",
        "Pragma",
        "Expires",
        "X-Content-Type-Options",
        "Content-Security-Policy",
        "Strict-Transport-Security",
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!IsOfTheContract(request))
            return await base.SendAsync(request, cancellationToken);
        var sent = request.Content is null ? null : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        var findings = new List<string>();
        await CheckAsync(request, sent, response, findings, cancellationToken);
        await CheckLanguageAsync(request, response, findings, cancellationToken);
        if (findings.Count == 0)
        {
            await ExampleRecorder.KeepAsync(request, sent, response);
            return response;
        }

        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        response.Dispose();
        throw new Xunit.Sdk.XunitException(
            $"{request.Method} {request.RequestUri!.PathAndQuery} answered {(int)response.StatusCode}, outside the contract:\n  "
                + string.Join("\n  ", findings)
                + $"\n{body[..Math.Min(body.Length, 2_000)]}"
        );
    }

    /// <summary>
    /// What a problem says, it can say in Korean. Reasons of decisions bring their Korean with them, and so do refusals of stale versions:
    /// LanguageTests asks endpoints that speak for them, and KoreanTests reads the rest in the source.
    /// </summary>
    private static async Task CheckLanguageAsync(
        HttpRequestMessage request,
        HttpResponseMessage response,
        List<string> findings,
        CancellationToken cancellationToken
    )
    {
        if (
            response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed
            || response.Content.Headers.ContentType?.MediaType != "application/problem+json"
            || Contract.Approved.Find(request.RequestUri!.AbsolutePath)?.Operation(request.Method.Method)?.Speaks == true
        )
            return;
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (text.Length == 0 || JsonNode.Parse(text) is not JsonObject problem)
            return;
        var said = (problem["errors"]?.AsObject() ?? []).SelectMany(field => field.Value!.AsArray()).Prepend(problem["detail"]);
        foreach (var english in said.Select(one => one?.GetValue<string>()).OfType<string>().Distinct())
            if (!Korean.Is(english) && Korean.Of(english) is null)
                findings.Add($"nobody says in Korean: {english}");
    }

    private static bool IsOfTheContract(HttpRequestMessage request) =>
        request.RequestUri!.AbsolutePath is var path
        && (
            path.StartsWith("/v1", StringComparison.OrdinalIgnoreCase)
            || path.StartsWith("/health", StringComparison.Ordinal)
            || path.StartsWith("/oauth", StringComparison.Ordinal)
            || path.StartsWith("/.well-known", StringComparison.Ordinal)
            || path.StartsWith("/openapi", StringComparison.Ordinal)
        );

    private static async Task CheckAsync(
        HttpRequestMessage request,
        byte[]? sent,
        HttpResponseMessage response,
        List<string> findings,
        CancellationToken cancellationToken
    )
    {
        var path = Contract.Approved.Find(request.RequestUri!.AbsolutePath);
        var operation = path?.Operation(request.Method.Method);
        if (operation is null)
            await CheckElsewhereAsync(path is not null, response, findings, cancellationToken);
        else if (!operation.Answers.TryGetValue((int)response.StatusCode, out var answer))
            findings.Add("the contract does not declare this status");
        else
        {
            CheckHeaders(answer, response, findings);
            await CheckBodyAsync(answer, response, findings, cancellationToken);
            if (response.IsSuccessStatusCode && operation.Body is { } taken && await TakenBody.OfAsync(request, sent, response) is { } body)
                taken.Check(body, "the body that was taken", findings);
        }
    }

    /// <summary>A path or method that is in no contract: a problem document says so, or that a token is needed first.</summary>
    private static async Task CheckElsewhereAsync(
        bool isKnownPath,
        HttpResponseMessage response,
        List<string> findings,
        CancellationToken cancellationToken
    )
    {
        var mayBe = isKnownPath ? HttpStatusCode.MethodNotAllowed : HttpStatusCode.NotFound;
        if (response.StatusCode is not HttpStatusCode.Unauthorized && response.StatusCode != mayBe)
            findings.Add("the contract has no such operation");
        else if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            findings.Add("the answer is no problem document");
        else
            Contract.Approved.Schema("Problem").Check(await JsonAsync(response, cancellationToken), "body", findings);
    }

    private static void CheckHeaders(ContractAnswer answer, HttpResponseMessage response, List<string> findings)
    {
        var sent = response
            .Headers.Concat<KeyValuePair<string, IEnumerable<string>>>(response.Content.Headers)
            .ToDictionary(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, header) in answer.Headers)
            if (header.IsRequired && !sent.ContainsKey(name))
                findings.Add($"the header {name} is missing");
        foreach (var (name, values) in sent)
            if (answer.Headers.TryGetValue(name, out var header))
                header.Schema.Check(HeaderValue(values), name, findings);
            else if (!Ordinary.Contains(name))
                findings.Add($"the contract does not declare the header {name}");
    }

    /// <summary>Headers are text; one that looks like a whole number may be declared as such.</summary>
    private static JsonElement HeaderValue(IEnumerable<string> values)
    {
        var text = string.Join(", ", values);
        return text.Length > 0 && text.All(char.IsAsciiDigit)
            ? JsonDocument.Parse(text).RootElement
            : JsonSerializer.SerializeToElement(text);
    }

    private static async Task CheckBodyAsync(
        ContractAnswer answer,
        HttpResponseMessage response,
        List<string> findings,
        CancellationToken cancellationToken
    )
    {
        if (response.RequestMessage?.Method == HttpMethod.Head)
            return;
        var type = response.Content.Headers.ContentType;
        if (answer.Bodies.Count == 0)
        {
            if (type is not null || response.Content.Headers.ContentLength > 0)
                findings.Add("the contract declares no body");
        }
        else if (!answer.Bodies.TryGetValue(type?.MediaType ?? "", out var schema))
            findings.Add($"the contract does not declare the content type {type}");
        else if (IsJson(type!) && response.Content.Headers.ContentEncoding.Count == 0)
        {
            var body = await JsonAsync(response, cancellationToken);
            schema?.Check(body, "body", findings);
            if (answer.Codes is { } codes && body.TryGetProperty("code", out var code) && !codes.Contains(code.GetString()!))
                findings.Add($"the contract does not list the code {code} for this status");
        }
    }

    private static bool IsJson(MediaTypeHeaderValue type) => type.MediaType!.EndsWith("json", StringComparison.Ordinal);

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken)).RootElement;
}

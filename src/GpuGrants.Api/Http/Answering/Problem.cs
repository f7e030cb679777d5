using System.Diagnostics;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Http.Answering;

/// <summary>The problems that the service answers with. Each code is stable and listed in docs/http-status-codes.md.</summary>
public static class Problem
{
    public const string ContentType = "application/problem+json; charset=utf-8";

    public static ProblemException Invalid(string field, string message) => new(Document(400, "invalid", message, field));

    public static ProblemException Malformed(string field, string message) => new(Document(400, "malformed", message, field));

    public static ProblemException NotFound() => new(Missing());

    public static ProblemException Forbidden(string message) => new(Document(403, "forbidden", message));

    public static ProblemException Precondition(string message) => new(Document(428, "precondition-required", message, "If-Match"));

    /// <summary>The id by which the present call is found in traces and logs.</summary>
    /// <returns>A fresh one where nothing traces.</returns>
    public static string TraceId() => (Activity.Current?.TraceId ?? ActivityTraceId.CreateRandom()).ToString();

    public static Answer KeyReused() =>
        Answer(
            Document(
                422,
                "idempotency-key-reused",
                "The Idempotency-Key was used before with another query or body. Use a new key for another call.",
                "Idempotency-Key"
            )
        );

    /// <summary>The one place where a command's refusal becomes an HTTP answer.</summary>
    /// <param name="refusal">Why nothing happened.</param>
    /// <param name="traceId">That of the call, where the answer is made elsewhere; null for the present call's.</param>
    public static Answer Of(Refusal refusal, string? traceId = null)
    {
        var document = ToDocument(refusal);
        return Answer(traceId is null ? document : document with { TraceId = traceId });
    }

    /// <summary>The same for a refusal that is known before any command is made.</summary>
    public static ProblemException Thrown(Refusal refusal) => new(ToDocument(refusal));

    private static ProblemDocument ToDocument(Refusal refusal)
    {
        var document = Document(StatusOf(refusal.Kind), refusal.Code, refusal.Message, refusal.Field);
        return document with
        {
            Errors = refusal.Errors ?? document.Errors,
            Limit = refusal.Limit,
            DetailKo = refusal.MessageKo,
            ErrorsKo = refusal.ErrorsKo ?? OneKo(refusal),
        };
    }

    /// <summary>A single field is told what the whole is.</summary>
    private static Dictionary<string, string[]>? OneKo(Refusal refusal) =>
        refusal is { Errors: null, Field: { } field, MessageKo: { } korean }
            ? new Dictionary<string, string[]> { [field] = [korean] }
            : null;

    private static int StatusOf(RefusalKind kind) =>
        kind switch
        {
            RefusalKind.Invalid => 400,
            RefusalKind.Forbidden => 403,
            RefusalKind.NotFound => 404,
            RefusalKind.Conflict => 409,
            RefusalKind.Stale => 412,
            RefusalKind.IdReused => 422,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };

    private static Answer Answer(ProblemDocument document) =>
        new()
        {
            Status = document.Status,
            Body = ApiJson.Write(document),
            ContentType = ContentType,
        };

    public static ProblemDocument Document(int status, string code, string detail, string? field = null) =>
        new()
        {
            Type = "/problems/" + code,
            Title = ProblemKinds.Of(code).Title,
            Status = status,
            Detail = detail,
            Code = code,
            TraceId = TraceId(),
            Errors = field is null ? null : new Dictionary<string, string[]> { [field] = [detail] },
        };

    public static ProblemDocument Of(IReadOnlyDictionary<string, string[]> errors) =>
        Document(400, "invalid", "The request is not valid. The member errors names each field and what it needs.") with
        {
            Errors = errors,
        };

    private static ProblemDocument Missing() => Document(404, Refusal.NotFound.Code, Refusal.NotFound.Message);
}

/// <summary>Ends a call with a problem document.</summary>
public sealed class ProblemException(ProblemDocument document, TimeSpan? retryAfter = null) : Exception(document.Detail)
{
    public ProblemDocument Document { get; } = document;

    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether the caller may not see what the call is about, though the status does not say so.</summary>
    public bool IsOfSight { get; init; }
}

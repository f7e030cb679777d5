using GpuGrants.Api.Json;
using GpuGrants.Api.Wording;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>Why a command did nothing, in words of the domain. The edge gives it a status.</summary>
/// <param name="Kind">What sort of reason it is.</param>
/// <param name="Code">Stable name of the rule that refused; docs/http-status-codes.md lists them.</param>
/// <param name="Message">The rule, the numbers with their units, and the next step.</param>
/// <param name="Field">The field at fault, by its JSON name; null when no single one is.</param>
public sealed record Refusal(RefusalKind Kind, string Code, string Message, string? Field = null)
{
    /// <summary>The largest value that would pass, where there is one.</summary>
    public decimal? Limit { get; init; }

    /// <summary>Every field at fault, where several are.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The message in Korean; null where <see cref="Korean"/> knows it by the English one.</summary>
    public string? MessageKo { get; init; }

    /// <summary>What is said of each field, in Korean; null where <see cref="Errors"/> is, or <see cref="Korean"/> knows it.</summary>
    public IReadOnlyDictionary<string, string[]>? ErrorsKo { get; init; }

    /// <summary>The refusal as a caller reads it who prefers this language.</summary>
    /// <param name="language">en or ko.</param>
    public Refusal In(string language) =>
        language == Korean.Language
            ? this with
            {
                Message = MessageKo ?? Korean.In(language, Message),
                Errors = ErrorsKo ?? Korean.In(language, Errors),
            }
            : this;

    public static Refusal NotFound { get; } =
        new(RefusalKind.NotFound, "not-found", "There is no such resource, or it is not yours to see.")
        {
            MessageKo = "그런 리소스가 없거나 볼 권한이 없습니다.",
        };

    public static Refusal Invalid(string field, string message, string code = "invalid") => new(RefusalKind.Invalid, code, message, field);

    /// <summary>The state that the resource is in does not allow it.</summary>
    public static Refusal Conflict(string code, string message, string? field = null) => new(RefusalKind.Conflict, code, message, field);

    public static Refusal Forbidden(string message, string? field = null) => new(RefusalKind.Forbidden, "forbidden", message, field);

    /// <summary>The caller decided on a version that has changed since.</summary>
    public static Refusal Stale(long version) =>
        new(
            RefusalKind.Stale,
            "stale",
            $"The resource has changed: its ETag is now \"{version}\". Read it again, decide again, and send the new ETag.",
            "If-Match"
        )
        {
            MessageKo = $"그사이 리소스가 변경되어 현재 ETag는 \"{version}\"입니다. 다시 읽고 결정한 뒤 새 ETag를 보내 주십시오.",
        };

    /// <summary>The ledger refused a chain that moves credits and GPU time together.</summary>
    /// <param name="refusal">What the ledger says, in words of its own.</param>
    /// <param name="field">The caller's field that said how much; null when the caller stated no amount.</param>
    public static Refusal Of(LedgerRefusal refusal, string? field = null) =>
        Conflict(refusal.Code, refusal.Next, refusal.Field == "amount" ? field : null);

    /// <summary>The ledger refused to move GPU time; the limit is in GPU-hours.</summary>
    public static Refusal OfTime(LedgerRefusal refusal) =>
        Of(
            refusal,
            refusal.Field == "amount" ? "gpuHours" : refusal.Field,
            (refusal.Limit ?? refusal.Available) is { } limit ? Wire.Hours(limit) : null
        );

    /// <summary>The ledger refused to move credits; the limit is in credits.</summary>
    public static Refusal OfCredits(LedgerRefusal refusal) =>
        Of(
            refusal,
            refusal.Field == "amount" ? "credits" : refusal.Field,
            (refusal.Limit ?? refusal.Available) is { } limit ? Wire.Credits(limit) : null
        );

    private static Refusal Of(LedgerRefusal refusal, string field, decimal? limit) =>
        Conflict(refusal.Code, refusal.Next, field) with
        {
            Limit = limit,
        };
}

/// <summary>What sort of reason a refusal has.</summary>
public enum RefusalKind
{
    /// <summary>What was asked for breaks a rule, whatever the state.</summary>
    Invalid,

    /// <summary>The state does not allow it now.</summary>
    Conflict,

    NotFound,

    /// <summary>The resource is no longer the version that the caller read.</summary>
    Stale,

    Forbidden,

    /// <summary>The id was used before for something else.</summary>
    IdReused,
}

using System.Text.Json.Serialization;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;

namespace GpuGrants.Api.Reviews;

/// <summary>What became of each verdict, in the order of the call.</summary>
public sealed record VerdictsAnswer
{
    public required IReadOnlyList<VerdictResult> Results { get; init; }
}

/// <summary>What became of one verdict. A refusal changes nothing.</summary>
public sealed record VerdictResult
{
    internal const string RefusedWord = "refused";

    public required Guid RequestId { get; init; }

    /// <summary>approved, denied, in-review (more people have to approve), or refused.</summary>
    public required string Status { get; init; }

    /// <summary>The request's version now; left out when the verdict was refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Version { get; init; }

    /// <summary>The decision that was recorded; left out when the verdict was refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? DecisionId { get; init; }

    /// <summary>The grant that was awarded, if there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? GrantId { get; init; }

    /// <summary>Why it was refused, as docs/http-status-codes.md lists it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Code { get; init; }

    /// <summary>The field at fault, where there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    /// <summary>The rule that refused, and what to do next.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    /// <summary>The largest value that would pass, where there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Limit { get; init; }

    internal static VerdictResult Of(RequestDecided decided) =>
        new()
        {
            RequestId = decided.Request.Id,
            Status = decided.Request.Status,
            Version = decided.Request.Version,
            DecisionId = decided.Decision.Id,
            GrantId = decided.Grant?.Id,
        };

    internal static VerdictResult Refused(Guid requestId, Refusal refusal, string language) =>
        new()
        {
            RequestId = requestId,
            Status = RefusedWord,
            Code = refusal.Code,
            Field = refusal.Kind == RefusalKind.Stale ? "version" : refusal.Field ?? refusal.Errors?.Keys.First(),
            Message = refusal.Kind == RefusalKind.Stale ? Stale(language) : refusal.In(language).Message,
            Limit = refusal.Limit,
        };

    private static string Stale(string language) =>
        language == "ko"
            ? "그사이 신청이 변경되었습니다. 다시 읽고 결정해 주십시오."
            : "The request has changed. Read it again and decide again.";
}

using System.Text.Json.Serialization;
using GpuGrants.Api.Wording;
using Microsoft.AspNetCore.Mvc;

namespace GpuGrants.Api.Http.Answering;

/// <summary>A problem document (RFC 9457): what was refused, by which rule, and what to do next.</summary>
public sealed record ProblemDocument
{
    /// <summary>A relative URI that names the kind of problem: <c>/problems/</c> and the code.</summary>
    public required string Type { get; init; }

    /// <summary>The kind of problem, in a few words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What is wrong with this call, and what to do next.</summary>
    public required string Detail { get; init; }

    /// <summary>Stable name of the rule that refused the call.</summary>
    public required string Code { get; init; }

    /// <summary>Finds the call in the service's traces and logs.</summary>
    public required string TraceId { get; init; }

    /// <summary>What is wrong with which field, by JSON name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The largest value that would pass, where there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Limit { get; init; }

    /// <summary>Of <c>feed-restored</c>: the cursor to go on from.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cursor { get; init; }

    /// <summary>What <see cref="Detail"/> says, in Korean; null where <see cref="Korean"/> knows it.</summary>
    internal string? DetailKo { get; init; }

    /// <summary>The same of <see cref="Errors"/>.</summary>
    internal IReadOnlyDictionary<string, string[]>? ErrorsKo { get; init; }

    /// <summary>The document in a language: what people read of it. Codes and names of fields stay.</summary>
    /// <param name="language">en or ko.</param>
    internal ProblemDocument In(string language) =>
        language == Korean.Language
            ? this with
            {
                Detail = DetailKo ?? Korean.In(language, Detail),
                Errors = ErrorsKo ?? Korean.In(language, Errors),
            }
            : this;

    /// <summary>The same for the framework, which writes it.</summary>
    internal ProblemDetails ToDetails()
    {
        var details = new ProblemDetails
        {
            Type = Type,
            Title = Title,
            Status = Status,
            Detail = Detail,
            Extensions = { ["code"] = Code, ["traceId"] = TraceId },
        };
        if (Errors is not null)
            details.Extensions["errors"] = Errors;
        if (Limit is not null)
            details.Extensions["limit"] = Limit;
        if (Cursor is not null)
            details.Extensions["cursor"] = Cursor;
        return details;
    }
}

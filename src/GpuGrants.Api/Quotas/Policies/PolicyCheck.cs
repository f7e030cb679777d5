using System.Text.Json;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>Whether a document could be published, and what stands against it.</summary>
public sealed record PolicyCheck(bool Valid, IReadOnlyList<PolicyProblem> Problems)
{
    internal static async Task<IResult> ValidateAsync(HttpContext http, GpuGrantsContext _)
    {
        var body = await http.BodyAsync<DraftBody>();
        var problems = body.Document is { } document
            ? ProblemsOf(document.GetRawText(), "UTC")
            : [new PolicyProblem(null, "$", "required", "State the document.")];
        return TypedResults.Json(new PolicyCheck(problems.Count == 0, problems), ApiJson.Options);
    }

    internal static string Check(JsonElement? document, string timeZone)
    {
        if (document is not { ValueKind: JsonValueKind.Object } json)
            throw Problem.Invalid("document", "State the policy document, a JSON object.");
        var text = json.GetRawText();
        var problems = ProblemsOf(text, timeZone);
        return problems.Count == 0 ? text : throw Problem.Thrown(Refused(problems));
    }

    internal static IReadOnlyList<PolicyProblem> ProblemsOf(string json, string timeZone)
    {
        var (document, problems) = PolicyParser.Parse(json);
        return document is null ? problems : PolicyValidator.Validate(document, timeZone);
    }

    /// <summary>Null when there is nothing to warn of.</summary>
    internal static IReadOnlyList<PolicyWarning>? WarningsOf(string json, Guid? programmeId) =>
        PolicyParser.Parse(json).Document is { } document && PolicyWarning.Of(document, programmeId) is { Count: > 0 } warnings
            ? warnings
            : null;

    internal static Refusal Refused(IReadOnlyList<PolicyProblem> problems) =>
        new(RefusalKind.Invalid, "policy-invalid", problems[0].ToString())
        {
            Errors = problems
                .GroupBy(problem => "document" + problem.Field.TrimStart('$'))
                .ToDictionary(group => group.Key, group => group.Select(problem => $"{problem.Code}: {problem}").ToArray()),
        };
}

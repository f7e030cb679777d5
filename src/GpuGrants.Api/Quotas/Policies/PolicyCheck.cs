using System.Text.Json;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>Whether a document could be published, and what stands against it.</summary>
public sealed record PolicyCheck(bool Valid, IReadOnlyList<PolicyProblem> Problems)
{
    internal static async Task<IResult> ValidateAsync(HttpContext http, GpuGrantsContext _)
    {
        var body = await http.BodyAsync<DraftBody>();
        var problems = body.Document is { } document
            ? ProblemsOf(document.GetRawText(), QuotaConfigReader.PlatformTimeZone)
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
    internal static IReadOnlyList<PolicyWarning>? WarningsOf(string json, Guid? programmeId, IReadOnlyList<PolicyDocument> others) =>
        PolicyParser.Parse(json).Document is { } document && PolicyWarning.Of(document, programmeId, others) is { Count: > 0 } warnings
            ? warnings
            : null;

    /// <summary>The newest published documents of other policies that hold for all programmes of the path.</summary>
    internal static async Task<IReadOnlyList<PolicyDocument>> OthersAsync(
        GpuGrantsContext db,
        Guid policy,
        Guid[] path,
        CancellationToken cancellation
    )
    {
        var versions = await (
            from version in db.Set<QuotaPolicyVersion>()
            join other in db.Set<QuotaPolicy>() on version.PolicyId equals other.Id
            where
                version.PolicyId != policy
                && version.Status == "published"
                && (other.ProgrammeId == null || path.Contains(other.ProgrammeId.Value))
            select version
        ).ToListAsync(cancellation);
        return
        [
            .. versions
                .GroupBy(version => version.PolicyId)
                .Select(group => PolicyParser.Parse(group.MaxBy(version => version.Number)!.Document).Document)
                .OfType<PolicyDocument>(),
        ];
    }

    internal static Refusal Refused(IReadOnlyList<PolicyProblem> problems) =>
        new(RefusalKind.Invalid, "policy-invalid", problems[0].ToString())
        {
            Errors = problems
                .GroupBy(problem => "document" + problem.Field.TrimStart('$'))
                .ToDictionary(group => group.Key, group => group.Select(problem => $"{problem.Code}: {problem}").ToArray()),
        };
}

using System.Text.Json;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>Whether a document could be published, what stands against it, and what its author should know.</summary>
/// <param name="Valid">Whether it could be published.</param>
/// <param name="Problems">What publishing would refuse.</param>
/// <param name="Warnings">Of a valid document: what follows from its rules, and names that nothing bears.</param>
public sealed record PolicyCheck(bool Valid, IReadOnlyList<PolicyProblem> Problems, IReadOnlyList<PolicyWarning> Warnings)
{
    internal static async Task<IResult> ValidateAsync(HttpContext http, GpuGrantsContext db)
    {
        var body = await http.BodyAsync(new ValidateBodyValidator());
        var programme = body.ProgrammeId is { } id ? await ProgrammeSight.NamedAsync(http, db, id) : null;
        var problems = body.Document is { } json
            ? ProblemsOf(json.GetRawText(), programme?.TimeZone ?? QuotaConfigReader.PlatformTimeZone)
            : [new PolicyProblem(null, "$", "required", "State the document.")];
        var warnings = problems.Count > 0 ? null : await WarningsOfAsync(http, db, null, programme, body.Document!.Value.GetRawText());
        return TypedResults.Json(new PolicyCheck(problems.Count == 0, problems, warnings ?? []), ApiJson.Options);
    }

    /// <summary>What the author of the document should know; null when there is nothing to warn of.</summary>
    /// <param name="http">The call.</param>
    /// <param name="db">The database.</param>
    /// <param name="policy">The policy whose document it is; null when it is nobody's yet.</param>
    /// <param name="programme">The programme that it holds for; null for the platform.</param>
    /// <param name="json">A valid document.</param>
    internal static async Task<IReadOnlyList<PolicyWarning>?> WarningsOfAsync(
        HttpContext http,
        GpuGrantsContext db,
        Guid? policy,
        Programme? programme,
        string json
    )
    {
        if (PolicyParser.Parse(json).Document is not { } document)
            return null;
        var path = programme?.Path ?? [];
        var known = await PolicyNames.ReadAsync(db, document, path, http.Caller().Administers(path), http.RequestAborted);
        var others = await OthersAsync(db, policy, path, http.RequestAborted);
        return PolicyWarning.Of(document, programme?.Id, known, others) is { Count: > 0 } warnings ? warnings : null;
    }

    internal static string Check(JsonElement? document, string timeZone)
    {
        if (document is not { ValueKind: JsonValueKind.Object } json)
            throw Problem.Invalid("document", PolicyBodyValidator.DocumentRule);
        var text = json.GetRawText();
        var problems = ProblemsOf(text, timeZone);
        return problems.Count == 0 ? text : throw Problem.Thrown(Refused(problems));
    }

    internal static IReadOnlyList<PolicyProblem> ProblemsOf(string json, string timeZone)
    {
        var (document, problems) = PolicyParser.Parse(json);
        return document is null ? problems : PolicyValidator.Validate(document, timeZone);
    }

    /// <summary>The newest published documents of other policies that hold for all programmes of the path.</summary>
    private static async Task<IReadOnlyList<PolicyDocument>> OthersAsync(
        GpuGrantsContext db,
        Guid? policy,
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
                && other.OrganizationId == null
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

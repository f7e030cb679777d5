using System.Text.Json;

namespace GpuGrants.Quotas.Policies;

/// <summary>Reads a policy document. Every problem is found and named, not only the first.</summary>
public static class PolicyParser
{
    /// <summary>The document, or null with what is wrong.</summary>
    public static (PolicyDocument? Document, IReadOnlyList<PolicyProblem> Problems) Parse(string json)
    {
        try
        {
            using var parsed = JsonDocument.Parse(json);
            var problems = new FoundProblems();
            var document = ReadDocument(new JsonFields(parsed.RootElement, "$", null, problems));
            return problems.All.Count == 0 ? (document, []) : (null, problems.All);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // A JSON text may escape half a character, which shows only when the text is read.
            return (null, [new PolicyProblem(null, "$", "malformed-json", $"The document is not JSON: {error.Message}")]);
        }
    }

    private static PolicyDocument ReadDocument(JsonFields fields)
    {
        var document = new PolicyDocument
        {
            Description = fields.Text("description"),
            TimeZone = fields.Text("timeZone"),
            Shadow = fields.Flag("shadow") ?? false,
            Rules =
            [
                .. fields.Objects(
                    "rules",
                    required: true,
                    (item, i) => ReadRule(item.For(PolicyProblem.NameOf(item.Text("id", required: true), i)))
                ),
            ],
        };
        fields.Done();
        return document;
    }

    private static QuotaRule ReadRule(JsonFields fields)
    {
        var measure = fields.Choice("measure", QuotaMeasure.All, one => one.Word) ?? QuotaMeasure.GpuHoursGranted;
        var unit = measure.Unit;
        var rule = new QuotaRule
        {
            Id = fields.Text("id", required: true) ?? "",
            Title = fields.Text("title"),
            Measure = measure,
            Subject = fields.Object("subject", required: true, ReadSubject) ?? new QuotaSubject { Level = SubjectLevel.Platform },
            Filter = fields.Object("filter", required: false, QuotaFilter.Read) ?? QuotaFilter.Everything,
            Window = fields.Object("window", required: true, item => QuotaWindow.Of(item, unit)) ?? new PerRequestWindow(),
            Limit = fields.Amount("limit", unit),
            Sharing = fields.Object("sharing", required: false, item => ReadSharing(item, unit)),
            Outcome = fields.Choice<BreachOutcome>("outcome") ?? default,
            Refund = fields.Flag("refund") ?? false,
            Approvals = fields.Object("approvals", required: false, ReadApprovals) ?? ApprovalNeed.One,
            IncreaseCeiling = fields.Amount("increaseCeiling", unit),
        };
        fields.Done();
        return rule;
    }

    private static QuotaSubject ReadSubject(JsonFields fields)
    {
        var subject = new QuotaSubject
        {
            Level = fields.Choice<SubjectLevel>("level") ?? default,
            Grouping = fields.Choice<SubjectGrouping>("grouping", required: false) ?? SubjectGrouping.Each,
            Counts = fields.Choice<PersonCount>("counts", required: false) ?? PersonCount.Both,
            Kinds = fields.Texts("kinds"),
            Ids = fields.Ids("ids"),
        };
        fields.Done();
        return subject;
    }

    private static ApprovalNeed ReadApprovals(JsonFields fields)
    {
        var need = new ApprovalNeed(fields.Integer("count") ?? 1, fields.Texts("by"));
        fields.Done();
        return need;
    }

    private static QuotaSharing ReadSharing(JsonFields fields, QuotaUnit unit)
    {
        var sharing = new QuotaSharing { Nodes = [.. fields.Objects("nodes", required: true, (item, _) => ReadNode(item, unit))] };
        fields.Done();
        return sharing;
    }

    private static ShareNode ReadNode(JsonFields fields, QuotaUnit unit)
    {
        var node = new ShareNode
        {
            ProgrammeId = fields.Id("programmeId", required: true) ?? default,
            ParentId = fields.Id("parentId"),
            Nominal = fields.Amount("nominal", unit, required: true) ?? 0,
            BorrowingLimit = fields.Amount("borrowingLimit", unit),
            LendingLimit = fields.Amount("lendingLimit", unit),
        };
        fields.Done();
        return node;
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Policies;

/// <summary>
/// Writes a policy document as <see cref="PolicyParser"/> reads it, always in the same order and without what is left at its default.
/// </summary>
public static class PolicyWriter
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The document as indented JSON.</summary>
    public static string Write(PolicyDocument document) => ToNode(document).ToJsonString(Readable);

    internal static JsonObject ToNode(PolicyDocument document) =>
        new JsonObject()
            .With("description", document.Description)
            .With("timeZone", document.TimeZone)
            .With("shadow", document.Shadow ? true : null)
            .With("rules", JsonMembers.List(document.Rules, ToNode));

    internal static JsonObject ToNode(QuotaRule rule)
    {
        var unit = rule.Measure.Unit;
        return new JsonObject()
            .With("id", rule.Id)
            .With("title", rule.Title)
            .With("measure", rule.Measure.Word)
            .With("subject", Subject(rule.Subject))
            .With("filter", rule.Filter.ToJson())
            .With("window", Window(rule.Window, unit))
            .With("limit", JsonMembers.Amount(rule.Limit, unit))
            .With(
                "sharing",
                rule.Sharing is { } sharing
                    ? new JsonObject().With("nodes", JsonMembers.List(sharing.Nodes, node => Node(node, unit)))
                    : null
            )
            .With("outcome", Words.Of(rule.Outcome))
            .With("refund", rule.Refund ? true : null)
            .With("approvals", Approvals(rule.Approvals))
            .With("increaseCeiling", JsonMembers.Amount(rule.IncreaseCeiling, unit));
    }

    private static JsonObject Subject(QuotaSubject subject) =>
        new JsonObject()
            .With("level", Words.Of(subject.Level))
            .With("grouping", subject.Grouping == SubjectGrouping.Each ? null : Words.Of(subject.Grouping))
            .With("counts", subject.Counts == PersonCount.Both ? null : Words.Of(subject.Counts))
            .With("kinds", JsonMembers.Names(subject.Kinds))
            .With("ids", JsonMembers.Ids(subject.Ids));

    private static JsonObject Window(QuotaWindow window, QuotaUnit unit)
    {
        var json = new JsonObject().With("kind", window.Kind);
        window.Write(json, unit);
        return json;
    }

    private static JsonObject Node(ShareNode node, QuotaUnit unit) =>
        new JsonObject()
            .With("programmeId", node.ProgrammeId.ToString())
            .With("parentId", node.ParentId?.ToString())
            .With("nominal", JsonMembers.Amount(node.Nominal, unit))
            .With("borrowingLimit", JsonMembers.Amount(node.BorrowingLimit, unit))
            .With("lendingLimit", JsonMembers.Amount(node.LendingLimit, unit));

    private static JsonObject? Approvals(ApprovalNeed need) =>
        need is { Count: 1, By.Count: 0 } ? null : new JsonObject().With("count", need.Count).With("by", JsonMembers.Names(need.By));
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;

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

    public static string Write(PolicyDocument document) => ToNode(document).ToJsonString(Readable);

    internal static JsonObject ToNode(PolicyDocument document) =>
        new JsonObject()
            .With("description", document.Description)
            .With("timeZone", document.TimeZone)
            .With("rules", List(document.Rules, ToNode));

    internal static JsonObject ToNode(QuotaRule rule)
    {
        var unit = MeasureRules.UnitOf(rule.Measure);
        return new JsonObject()
            .With("id", rule.Id)
            .With("title", rule.Title)
            .With("measure", Name(rule.Measure))
            .With("subject", Subject(rule.Subject))
            .With("filter", Filter(rule.Filter) is { Count: > 0 } filter ? filter : null)
            .With("window", Window(rule.Window, unit))
            .With("limit", Amount(rule.Limit, unit))
            .With(
                "sharing",
                rule.Sharing is { } sharing ? new JsonObject().With("nodes", List(sharing.Nodes, node => Node(node, unit))) : null
            )
            .With("outcome", Name(rule.Outcome))
            .With("refund", rule.Refund ? true : null)
            .With("approvals", Approvals(rule.Approvals))
            .With("increaseCeiling", Amount(rule.IncreaseCeiling, unit));
    }

    private static JsonObject Subject(QuotaSubject subject) =>
        new JsonObject()
            .With("level", Name(subject.Level))
            .With("grouping", subject.Grouping == SubjectGrouping.Each ? null : Name(subject.Grouping))
            .With("kinds", Names(subject.Kinds))
            .With("ids", Ids(subject.Ids));

    private static JsonObject Filter(QuotaFilter filter) =>
        new JsonObject()
            .With("gpuModels", Names(filter.GpuModels))
            .With("gpuClasses", Names(filter.GpuClasses))
            .With("minGpuMemoryGib", filter.MinGpuMemoryGib)
            .With("providers", Ids(filter.Providers))
            .With("offers", Ids(filter.Offers))
            .With("regions", Names(filter.Regions))
            .With("tags", Names(filter.Tags))
            .With("minOrganizationAgeDays", filter.MinOrganizationAgeDays)
            .With("maxOrganizationAgeDays", filter.MaxOrganizationAgeDays)
            .With("verified", filter.Verified);

    private static JsonObject Window(QuotaWindow window, QuotaUnit unit) =>
        new JsonObject()
            .With("kind", Name(window.Kind))
            .With("unit", window.Unit is { } calendar ? Name(calendar) : null)
            .With("duration", window.Duration is { } duration ? XmlConvert.ToString(duration) : null)
            .With("resolution", window.Resolution is { } resolution ? XmlConvert.ToString(resolution) : null)
            .With("timeZone", window.TimeZone)
            .With(
                "carryOver",
                window.CarryOver is { } carry
                    ? new JsonObject().With("min", carry.Min == 0 ? null : Amount(carry.Min, unit)).With("max", Amount(carry.Max, unit))
                    : null
            );

    private static JsonObject Node(ShareNode node, QuotaUnit unit) =>
        new JsonObject()
            .With("programmeId", node.ProgrammeId.ToString())
            .With("parentId", node.ParentId?.ToString())
            .With("nominal", Amount(node.Nominal, unit))
            .With("borrowingLimit", Amount(node.BorrowingLimit, unit))
            .With("lendingLimit", Amount(node.LendingLimit, unit));

    private static JsonObject? Approvals(ApprovalNeed need) =>
        need is { Count: 1, By.Count: 0 } ? null : new JsonObject().With("count", need.Count).With("by", Names(need.By));

    /// <summary>Amounts with decimals are text, so that no reader makes a binary fraction of them.</summary>
    private static JsonObject? Amount(long? amount, QuotaUnit unit) =>
        amount is not { } known
            ? null
            : new JsonObject().With(
                Name(unit),
                unit == QuotaUnit.Count ? JsonValue.Create(known) : JsonValue.Create(AmountText.Write(known, unit))
            );

    private static JsonArray? Names(IReadOnlyList<string> names) => names.Count == 0 ? null : List(names, name => JsonValue.Create(name));

    private static JsonArray? Ids(IReadOnlyList<Guid> ids) => ids.Count == 0 ? null : List(ids, id => JsonValue.Create(id.ToString()));

    private static JsonArray List<T>(IReadOnlyList<T> items, Func<T, JsonNode?> write) => new([.. items.Select(write)]);

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static JsonObject With(this JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
            json[name] = value;
        return json;
    }
}

using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Policies;

/// <summary>
/// What differs between two versions of a policy. The order of rules, and of the entries of a list, means nothing and makes no difference.
/// </summary>
/// <param name="Fields">Changes outside of rules.</param>
/// <param name="Rules">Rules added, removed and changed: in the newer document's order, removed ones last.</param>
public sealed record PolicyDiff(IReadOnlyList<FieldChange> Fields, IReadOnlyList<RuleChange> Rules)
{
    /// <summary>Whether both documents mean the same.</summary>
    public bool IsEmpty => Fields.Count == 0 && Rules.Count == 0;

    /// <summary>Compares two documents whose rules have distinct ids, as <see cref="PolicyValidator"/> demands.</summary>
    public static PolicyDiff Between(PolicyDocument older, PolicyDocument newer)
    {
        var before = older.Rules.ToDictionary(rule => rule.Id);
        var rules = new List<RuleChange>();
        foreach (var rule in newer.Rules)
        {
            var known = before.Remove(rule.Id, out var old);
            var fields = Changes(known ? PolicyWriter.ToNode(old!) : null, PolicyWriter.ToNode(rule));
            if (fields.Count > 0)
                rules.Add(new RuleChange(rule.Id, known ? RuleChangeKind.Changed : RuleChangeKind.Added, fields));
        }

        rules.AddRange(
            older
                .Rules.Where(rule => before.ContainsKey(rule.Id))
                .Select(rule => new RuleChange(rule.Id, RuleChangeKind.Removed, Changes(PolicyWriter.ToNode(rule), null)))
        );
        return new PolicyDiff(Changes(Head(older), Head(newer)), rules);
    }

    private static JsonObject Head(PolicyDocument document) => PolicyWriter.ToNode(document with { Rules = [] });

    private static List<FieldChange> Changes(JsonObject? older, JsonObject? newer)
    {
        var (before, after) = (Flatten(older), Flatten(newer));
        return
        [
            .. after
                .Where(field => before.GetValueOrDefault(field.Key) != field.Value)
                .Select(field => new FieldChange(field.Key, before.GetValueOrDefault(field.Key), field.Value)),
            .. before.Where(field => !after.ContainsKey(field.Key)).Select(field => new FieldChange(field.Key, field.Value, null)),
        ];
    }

    private static Dictionary<string, string> Flatten(JsonObject? json)
    {
        var fields = new Dictionary<string, string>();
        if (json is not null)
            Flatten(json, "", fields);
        return fields;
    }

    private static void Flatten(JsonObject json, string path, Dictionary<string, string> fields)
    {
        foreach (var (name, value) in json)
        {
            var field = path.Length == 0 ? name : $"{path}.{name}";
            if (value is JsonObject inner)
                Flatten(inner, field, fields);
            else if (value is JsonArray list && list.All(item => item is JsonObject))
                FlattenNodes(list, field, fields);
            else if (value is JsonArray names)
                fields[field] = string.Join(", ", names.Select(item => item!.ToString()).Order(StringComparer.Ordinal));
            else if (value is not null)
                fields[field] = value.ToString();
        }
    }

    /// <summary>Only sharings list objects, and a sharing names each programme once.</summary>
    private static void FlattenNodes(JsonArray nodes, string field, Dictionary<string, string> fields)
    {
        foreach (var node in nodes.OfType<JsonObject>())
            Flatten(node, $"{field}[{node["programmeId"]}]", fields);
    }
}

/// <summary>What became of one rule, found again by its id.</summary>
public sealed record RuleChange(string RuleId, RuleChangeKind Kind, IReadOnlyList<FieldChange> Fields);

/// <summary>What happened to a rule between two versions of a policy.</summary>
public enum RuleChangeKind
{
    /// <summary>Only the newer document has it.</summary>
    Added,

    /// <summary>Only the older document has it.</summary>
    Removed,

    /// <summary>Both have it, with other fields.</summary>
    Changed,
}

/// <summary>A field that differs between two documents.</summary>
/// <param name="Field">Its path inside the document or rule, such as <c>window.duration</c>; an element of a sharing is named by its
/// programme.</param>
/// <param name="Old">As the older document writes it; null when it does not state the field.</param>
/// <param name="New">As the newer document writes it; null when it does not state the field.</param>
public sealed record FieldChange(string Field, string? Old, string? New);

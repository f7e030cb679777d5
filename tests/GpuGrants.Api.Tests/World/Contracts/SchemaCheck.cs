using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace GpuGrants.Api.Tests.World.Contracts;

/// <summary>
/// Compares JSON with a schema of the contract (OpenAPI 3.0), compiled once. A schema with a keyword that it does not know fails, so that
/// nothing of the contract goes unchecked.
/// </summary>
internal sealed partial class SchemaCheck
{
    private static readonly HashSet<string> Texts = ["description", "example", "title", "default", "deprecated", "readOnly", "writeOnly"];
    private readonly List<Action<JsonElement, string, List<string>>> _rules = [];
    private readonly bool _nullable;

    private SchemaCheck(JsonElement schema, Func<string, SchemaCheck> find)
    {
        _nullable = Flag(schema, "nullable");
        foreach (var keyword in schema.EnumerateObject())
            if (!Texts.Contains(keyword.Name) && !keyword.Name.StartsWith("x-", StringComparison.Ordinal))
                Add(keyword.Name, keyword.Value, schema, find);
    }

    /// <param name="schema">A schema or a reference to one.</param>
    /// <param name="find">Finds a schema of the components by its name. Components refer to each other, so it is asked late.</param>
    public static SchemaCheck Of(JsonElement schema, Func<string, SchemaCheck> find) => new(schema, find);

    /// <summary>Adds each difference, with its place in the document.</summary>
    public void Check(JsonElement value, string at, List<string> findings)
    {
        if (value.ValueKind == JsonValueKind.Null && (_nullable || _rules.Count == 0))
            return;
        foreach (var rule in _rules)
            rule(value, at, findings);
    }

    private void Add(string keyword, JsonElement operand, JsonElement schema, Func<string, SchemaCheck> find)
    {
        switch (keyword)
        {
            case "nullable" or "exclusiveMinimum" or "exclusiveMaximum" or "additionalProperties":
                break;
            case "$ref":
                var name = operand.GetString()!.Split('/')[^1];
                _rules.Add((value, at, findings) => find(name).Check(value, at, findings));
                break;
            case "allOf":
                foreach (var part in operand.EnumerateArray().Select(one => Of(one, find)).ToArray())
                    _rules.Add(part.Check);
                break;
            case "oneOf" or "anyOf":
                AddAlternatives([.. operand.EnumerateArray().Select(one => Of(one, find))]);
                break;
            case "type":
                AddType(operand.GetString()!);
                break;
            case "enum":
                var words = operand.EnumerateArray().Select(one => one.GetRawText()).ToHashSet();
                Rule(value => words.Contains(value.GetRawText()), "is none of the enumerated words");
                break;
            case "format":
                AddFormat(operand.GetString()!);
                break;
            case "properties":
                AddProperties(schema, find);
                break;
            case "required":
                foreach (var member in operand.EnumerateArray().Select(one => one.GetString()!))
                    Rule(
                        value => value.ValueKind != JsonValueKind.Object || value.TryGetProperty(member, out _),
                        $"lacks the required member '{member}'"
                    );
                break;
            case "items":
                var item = Of(operand, find);
                _rules.Add((value, at, findings) => EachItem(value, at, findings, item));
                break;
            default:
                AddBound(keyword, operand, schema);
                break;
        }

        // An object without members of its own, unless it is another one by reference.
        if (
            keyword == "type"
            && operand.GetString() == "object"
            && !schema.TryGetProperty("properties", out _)
            && !schema.TryGetProperty("allOf", out _)
        )
            AddProperties(schema, find);
    }

    private void AddBound(string keyword, JsonElement operand, JsonElement schema)
    {
        switch (keyword)
        {
            case "minimum":
                var (least, above) = (operand.GetDecimal(), Flag(schema, "exclusiveMinimum"));
                Number(number => above ? number > least : number >= least, $"is below {least}");
                break;
            case "maximum":
                var (most, below) = (operand.GetDecimal(), Flag(schema, "exclusiveMaximum"));
                Number(number => below ? number < most : number <= most, $"is above {most}");
                break;
            case "multipleOf":
                var step = operand.GetDecimal();
                Number(number => number % step == 0, $"is no multiple of {step}");
                break;
            case "minLength":
                Text(text => Characters(text) >= operand.GetInt32(), $"is shorter than {operand}");
                break;
            case "maxLength":
                Text(text => Characters(text) <= operand.GetInt32(), $"is longer than {operand}");
                break;
            case "pattern":
                var pattern = new Regex(operand.GetString()!, RegexOptions.ECMAScript);
                Text(pattern.IsMatch, $"does not match {operand}");
                break;
            case "minItems":
                Rule(value => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= operand.GetInt32(), "has too few items");
                break;
            case "maxItems":
                Rule(value => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= operand.GetInt32(), "has too many items");
                break;
            case "maxProperties":
                Rule(
                    value => value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Count() <= operand.GetInt32(),
                    "has too many members"
                );
                break;
            case "uniqueItems":
                Rule(
                    value =>
                        value.ValueKind != JsonValueKind.Array
                        || value.EnumerateArray().Select(one => one.GetRawText()).Distinct().Count() == value.GetArrayLength(),
                    "has an item twice"
                );
                break;
            default:
                throw new NotSupportedException($"The contract uses the keyword '{keyword}', which the test client cannot check.");
        }
    }

    private void AddType(string type)
    {
        Func<JsonElement, bool> isIt = type switch
        {
            "object" => value => value.ValueKind == JsonValueKind.Object,
            "array" => value => value.ValueKind == JsonValueKind.Array,
            "string" => value => value.ValueKind == JsonValueKind.String,
            "boolean" => value => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "number" => value => value.ValueKind == JsonValueKind.Number,
            "integer" => value => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            _ => throw new NotSupportedException($"The contract has the type '{type}', which OpenAPI 3.0 does not know."),
        };
        _rules.Add(
            (value, at, findings) =>
            {
                if (!isIt(value))
                    findings.Add($"{at} is {value.ValueKind}, not {type}");
            }
        );
    }

    private void AddFormat(string format)
    {
        switch (format)
        {
            case "uuid":
                Text(text => Guid.TryParseExact(text, "D", out _) && !text.Any(char.IsAsciiLetterUpper), "is no UUID");
                break;
            case "date-time":
                Text(Moment().IsMatch, "is no moment");
                break;
            case "date":
                Text(
                    text => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
                    "is no date"
                );
                break;
            case "uri":
                Text(text => Uri.TryCreate(text, UriKind.Absolute, out _), "is no URI");
                break;
            case "uri-reference":
                Text(text => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _), "is no URI reference");
                break;
            case "int32":
                Rule(value => value.ValueKind != JsonValueKind.Number || value.TryGetInt32(out _), "does not fit 32 bits");
                break;
            case "int64" or "double" or "decimal":
                break;
            default:
                throw new NotSupportedException($"The contract has the format '{format}', which the test client cannot check.");
        }
    }

    private void AddProperties(JsonElement schema, Func<string, SchemaCheck> find)
    {
        var members = schema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().ToDictionary(one => one.Name, one => Of(one.Value, find))
            : [];
        // In place of undeclared members anything goes only where the contract says so.
        var others = schema.TryGetProperty("additionalProperties", out var additional) ? additional : default;
        var other = others.ValueKind == JsonValueKind.Object ? Of(others, find) : null;
        var isOpen = others.ValueKind == JsonValueKind.True || other is not null;
        _rules.Add(
            (value, at, findings) =>
            {
                if (value.ValueKind != JsonValueKind.Object)
                    return;
                foreach (var member in value.EnumerateObject())
                    if (members.TryGetValue(member.Name, out var known))
                        known.Check(member.Value, $"{at}.{member.Name}", findings);
                    else if (isOpen)
                        other?.Check(member.Value, $"{at}.{member.Name}", findings);
                    else
                        findings.Add($"{at}.{member.Name} is no declared member");
            }
        );
    }

    private void AddAlternatives(SchemaCheck[] alternatives) =>
        _rules.Add(
            (value, at, findings) =>
            {
                foreach (var one in alternatives)
                {
                    var differences = new List<string>();
                    one.Check(value, at, differences);
                    if (differences.Count == 0)
                        return;
                }

                findings.Add($"{at} is none of the alternatives");
            }
        );

    private void Rule(Func<JsonElement, bool> holds, string otherwise) =>
        _rules.Add(
            (value, at, findings) =>
            {
                if (!holds(value))
                    findings.Add($"{at} {otherwise}: {Short(value)}");
            }
        );

    private void Text(Func<string, bool> holds, string otherwise) =>
        Rule(value => value.ValueKind != JsonValueKind.String || holds(value.GetString()!), otherwise);

    private void Number(Func<decimal, bool> holds, string otherwise) =>
        Rule(value => value.ValueKind != JsonValueKind.Number || holds(value.GetDecimal()), otherwise);

    private static void EachItem(JsonElement value, string at, List<string> findings, SchemaCheck item)
    {
        if (value.ValueKind != JsonValueKind.Array)
            return;
        var index = 0;
        foreach (var one in value.EnumerateArray())
            item.Check(one, $"{at}[{index++}]", findings);
    }

    private static bool Flag(JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>JSON Schema counts code points, not UTF-16 units.</summary>
    private static int Characters(string text) => text.EnumerateRunes().Count();

    private static string Short(JsonElement value) =>
        value.GetRawText() is var text && text.Length > 200 ? text[..200] + "…" : value.GetRawText();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex Moment();
}

using System.Globalization;
using System.Text.Json;
using System.Xml;

namespace GpuGrants.Quotas.Documents;

/// <summary>
/// Reads the members of one JSON object and notes what is wrong with them, by path. A member that nobody asked for is a problem too.
/// </summary>
internal sealed class JsonFields
{
    /// <summary>The most entries of a list of names or ids.</summary>
    private const int MaxEntries = 1_000;

    private const string NoText = "The text holds a NUL or half a character. Remove it.";

    private readonly JsonElement _element;
    private readonly string _path;
    private readonly FoundProblems _problems;
    private readonly HashSet<string> _known = [];
    private string? _rule;

    public JsonFields(JsonElement element, string path, string? rule, FoundProblems problems)
    {
        _element = element;
        _path = path;
        _rule = rule;
        _problems = problems;
        if (element.ValueKind != JsonValueKind.Object)
            _problems.Add(new PolicyProblem(rule, path, "wrong-type", "Expected an object."));
    }

    /// <summary>Names the rule that further problems belong to.</summary>
    public JsonFields For(string rule)
    {
        _rule = rule;
        return this;
    }

    public string? Text(string name, bool required = false)
    {
        if (Member(name, required) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            Problem(name, "wrong-type", "Expected text.");
        else if (Whole(value) is { } text)
            return text;
        else
            Problem(name, "invalid-text", NoText);
        return null;
    }

    public bool? Flag(string name)
    {
        if (Member(name, required: false) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        Problem(name, "wrong-type", "Expected true or false.");
        return null;
    }

    public int? Integer(string name)
    {
        if (Member(name, required: false) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
            return number;
        Problem(name, "wrong-type", "Expected a whole number.");
        return null;
    }

    public Guid? Id(string name, bool required = false)
    {
        if (Member(name, required) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String && value.TryGetGuid(out var id))
            return id;
        Problem(name, "wrong-type", "Expected an id (a UUID).");
        return null;
    }

    public T? Choice<T>(string name, bool required = true)
        where T : struct, Enum
    {
        if (Text(name, required) is not { } text)
            return null;
        if (Words.TryParse<T>(text, out var value))
            return value;
        Problem(name, "unknown-value", $"'{Excerpt.Of(text)}' is unknown. Use one of: {string.Join(", ", Words.All<T>())}.");
        return null;
    }

    /// <summary>One of the choices, by its word.</summary>
    /// <returns>Null, or the default of a value type, when there is none, which was noted.</returns>
    public T? Choice<T>(string name, IReadOnlyList<T> choices, Func<T, string> word)
    {
        if (Text(name, required: true) is not { } text)
            return default;
        foreach (var one in choices)
        {
            if (word(one) == text)
                return one;
        }

        Problem(name, "unknown-value", $"'{Excerpt.Of(text)}' is unknown. Use one of: {string.Join(", ", choices.Select(word))}.");
        return default;
    }

    public TimeSpan? Duration(string name, bool required = false)
    {
        if (Text(name, required) is not { } text)
            return null;
        try
        {
            if (!text.Split('T')[0].AsSpan().ContainsAny('Y', 'M'))
                return XmlConvert.ToTimeSpan(text);
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            // Reported below, as every other text that is no duration.
        }

        Problem(
            name,
            "invalid-duration",
            $"'{Excerpt.Of(text)}' is no duration of days, hours, minutes and seconds such as P7D or PT36H. Months and years are "
                + "calendar or anchored windows."
        );
        return null;
    }

    /// <summary>
    /// An object with one member that names the unit, such as <c>{"gpuHours":"20"}</c>, in the unit that the measure counts.
    /// </summary>
    public long? Amount(string name, QuotaUnit unit, bool required = false)
    {
        if (Member(name, required) is not { } value)
            return null;
        var expected = unit.Member();
        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Count() != 1)
        {
            Problem(name, "wrong-type", $"Expected an amount such as {{\"{expected}\":\"20\"}}.");
            return null;
        }

        var member = value.EnumerateObject().First();
        if (member.Name != expected)
        {
            Problem(name, "mixed-units", $"The measure counts {expected}, not {Excerpt.Of(member.Name)}.");
            return null;
        }

        var text = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : member.Value.GetRawText();
        if (
            decimal.TryParse(
                text,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out var number
            ) && AmountText.TryParse(number, unit, out var amount)
        )
            return amount;
        Problem(
            name,
            number < 0 ? "negative-limit" : "invalid-limit",
            $"'{Excerpt.Of(text ?? "")}' is not an amount. {AmountText.Rule(unit)}"
        );
        return null;
    }

    public IReadOnlyList<string> Texts(string name) =>
        List(name, item => item.ValueKind == JsonValueKind.String ? Whole(item) : null, "text without NUL and half characters");

    public IReadOnlyList<Guid> Ids(string name) =>
        [
            .. List(name, item => item.ValueKind == JsonValueKind.String && item.TryGetGuid(out var id) ? (Guid?)id : null, "an id")
                .Select(id => id!.Value),
        ];

    public T? Object<T>(string name, bool required, Func<JsonFields, T?> read)
        where T : class => Member(name, required) is { } value ? read(new JsonFields(value, $"{_path}.{name}", _rule, _problems)) : null;

    public List<T> Objects<T>(string name, bool required, Func<JsonFields, int, T> read)
    {
        var result = new List<T>();
        if (Member(name, required) is not { } value)
            return result;
        if (value.ValueKind != JsonValueKind.Array)
            Problem(name, "wrong-type", "Expected a list.");
        else
            foreach (var (i, item) in value.EnumerateArray().Index())
                result.Add(read(new JsonFields(item, $"{_path}.{name}[{i}]", _rule, _problems), i));
        return result;
    }

    /// <summary>Call last: refuses members that were not asked for, and members stated twice.</summary>
    public void Done()
    {
        if (_element.ValueKind != JsonValueKind.Object)
            return;
        var seen = new HashSet<string>();
        foreach (var member in _element.EnumerateObject())
        {
            if (!seen.Add(member.Name))
                Problem(member.Name, "duplicate-field", "The field is stated twice. Keep one.");
            if (!_known.Contains(member.Name))
                Problem(member.Name, "unknown-field", "There is no such field. Remove it or correct its name.");
        }
    }

    private List<T> List<T>(string name, Func<JsonElement, T?> read, string expected)
    {
        var result = new List<T>();
        if (Member(name, required: false) is not { } value)
            return result;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
        {
            Problem(name, "never-matches", "Expected a list with at least one entry. Leave the field out to mean all.");
            return result;
        }

        if (value.GetArrayLength() > MaxEntries)
        {
            Problem(name, "list-too-long", $"A list has at most {MaxEntries} entries. Divide it between rules.");
            return result;
        }

        foreach (var item in value.EnumerateArray())
        {
            if (read(item) is { } one)
                result.Add(one);
            else
                Problem(name, "wrong-type", $"Every entry must be {expected}.");
        }

        return result;
    }

    /// <summary>The text, or null when it is none that can be kept: with a NUL, or with half a character.</summary>
    private static string? Whole(JsonElement value)
    {
        try
        {
            return value.GetString() is { } text && !text.Contains('\0', StringComparison.Ordinal) ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private JsonElement? Member(string name, bool required)
    {
        _known.Add(name);
        if (
            _element.ValueKind == JsonValueKind.Object
            && _element.TryGetProperty(name, out var value)
            && value.ValueKind != JsonValueKind.Null
        )
            return value;
        if (required)
            Problem(name, "missing", "The field is missing.");
        return null;
    }

    /// <summary>Notes what is wrong with a member that was read as text.</summary>
    public void Refuse(string name, string code, string message) => Problem(name, code, message);

    private void Problem(string name, string code, string message) =>
        _problems.Add(new PolicyProblem(_rule, $"{_path}.{name}", code, message));
}

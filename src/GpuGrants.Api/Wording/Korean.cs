using System.Text.RegularExpressions;

namespace GpuGrants.Api.Wording;

/// <summary>
/// What the service says to people in Korean, by what it says in English. <c>Korean.txt</c> has both, sentence by sentence. Messages that
/// are put together from a decision's numbers bring their own Korean, and do not need it.
/// </summary>
/// <remarks>
/// It is asked only for what is refused, and only for callers who prefer Korean. A sentence that it lacks stays English. Tests find such
/// sentences in the source and in every answer that they get.
/// </remarks>
public static partial class Korean
{
    /// <summary>The word of the language in <c>Accept-Language</c>.</summary>
    public const string Language = "ko";

    /// <summary>Where a number, a name or another sentence stands.</summary>
    private const string Hole = "{}";

    /// <summary>The most labels before a sentence: a code and a field's path.</summary>
    private const int MaxLabels = 2;

    /// <summary>How deep the Korean of one text stands in another: a sentence in that of a rule.</summary>
    private const int MaxDepth = 2;

    /// <summary>The group of a place whose hole holds a sentence of the service, and no text of a caller.</summary>
    private const string Said = "said";

    private static readonly Lazy<(Dictionary<string, string> Whole, List<Template> Templates)> Text = new(Read);

    /// <summary>Whether a text is Korean.</summary>
    public static bool Is(string text) => text.AsSpan().ContainsAnyInRange('\uac00', '\ud7a3');

    /// <summary>The text in a language.</summary>
    /// <param name="language">en or ko.</param>
    /// <param name="english">What is said in English.</param>
    /// <returns>The text as it is where nothing else is known.</returns>
    public static string In(string language, string english) => language == Language ? Of(english) ?? english : english;

    /// <summary>The same for what is said of each field.</summary>
    public static IReadOnlyDictionary<string, string[]>? In(string language, IReadOnlyDictionary<string, string[]>? errors) =>
        errors is null || language != Language
            ? errors
            : errors.ToDictionary(field => field.Key, field => field.Value.Select(text => In(language, text)).ToArray());

    /// <summary>What an English text says, in Korean; null where nobody has said it.</summary>
    /// <remarks>Texts quote callers. So the work for one grows with its length alone, whatever stands in it.</remarks>
    public static string? Of(string english) => Of(english, MaxDepth);

    private static string? Of(string english, int depth)
    {
        var (whole, templates) = Text.Value;
        // The text itself, then without its first label, and so on.
        var texts = new List<string> { english };
        while (!whole.ContainsKey(texts[^1]) && texts.Count <= MaxLabels && Label().Match(texts[^1]) is { Success: true } label)
            texts.Add(texts[^1][label.Length..]);
        if (whole.TryGetValue(texts[^1], out var korean))
            return Labelled(texts[^1], korean);
        for (var i = texts.Count - 1; i >= 0; i--)
            if (OfTemplate(templates, texts[i], depth) is { } filled)
                return Labelled(texts[i], filled);
        return null;

        string Labelled(string text, string said) => english[..^text.Length] + said;
    }

    private static string? OfTemplate(List<Template> templates, string english, int depth)
    {
        (Template Template, string[] Holes)? best = null;
        foreach (var template in templates)
            if ((best is null || template.Letters > best.Value.Template.Letters) && template.HolesOf(english) is { } holes)
                best = (template, holes);
        return best is { } found ? Place().Replace(found.Template.Korean, place => Filled(found.Holes, place, depth)) : null;
    }

    private static string Filled(string[] holes, Match place, int depth)
    {
        var hole = holes[place.ValueSpan[1] - '0'];
        return place.Groups[Said].Success && depth > 0 ? Of(hole, depth - 1) ?? hole : hole;
    }

    /// <summary>Pairs of lines: English, Korean.</summary>
    private static (Dictionary<string, string>, List<Template>) Read()
    {
        using var stream = typeof(Korean).Assembly.GetManifestResourceStream("GpuGrants.Api.Wording.Korean.txt")!;
        using var reader = new StreamReader(stream);
        var (whole, templates) = (new Dictionary<string, string>(StringComparer.Ordinal), new List<Template>());
        while (reader.ReadLine() is { } english && reader.ReadLine() is { } korean)
            if (english.Contains(Hole, StringComparison.Ordinal))
                templates.Add(new Template(english.Split(Hole), korean));
            else
                whole.Add(english, korean);
        return (whole, templates);
    }

    /// <summary>A stable code or a field's path before a sentence, as problems of quota policies have it.</summary>
    [GeneratedRegex(@"^[a-z$][\w$.\[\]-]*: ")]
    private static partial Regex Label();

    /// <summary>Where the Korean has what stands in a hole of the English.</summary>
    [GeneratedRegex(@"\{\d(?<said>:ko)?\}")]
    private static partial Regex Place();

    /// <summary>A text with holes.</summary>
    /// <param name="Parts">What stands around the holes.</param>
    /// <param name="Korean">The same, with the places of the holes by their numbers.</param>
    private sealed record Template(string[] Parts, string Korean)
    {
        /// <summary>The more letters are given, the better a template fits.</summary>
        public int Letters { get; } = Parts.Sum(part => part.Length);

        /// <summary>What stands in the holes of a text; null when the text is another.</summary>
        public string[]? HolesOf(string text)
        {
            var (first, last) = (Parts[0], Parts[^1]);
            if (
                text.Length < Letters
                || !text.StartsWith(first, StringComparison.Ordinal)
                || !text.EndsWith(last, StringComparison.Ordinal)
            )
                return null;
            var holes = new string[Parts.Length - 1];
            var (from, end) = (first.Length, text.Length - last.Length);
            for (var i = 0; i < holes.Length; i++)
            {
                var to = i == holes.Length - 1 ? end : text.IndexOf(Parts[i + 1], from, end - from, StringComparison.Ordinal);
                if (to < from)
                    return null;
                holes[i] = text[from..to];
                from = to + Parts[i + 1].Length;
            }

            return holes;
        }
    }
}

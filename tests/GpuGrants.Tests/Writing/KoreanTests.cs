using System.Text.RegularExpressions;

namespace GpuGrants.Tests.Writing;

/// <summary>Whatever people read of a refusal is said in English and in Korean.</summary>
public sealed partial class KoreanTests
{
    private static readonly string File = Path.Combine("src", "GpuGrants.Api", "Wording", "Korean.txt");

    /// <summary>What makes a refusal of a text, or says for whom a limit is.</summary>
    private static readonly HashSet<string> Refusing =
    [
        "Conflict",
        "Document",
        "FieldFormatException",
        "Forbidden",
        "Invalid",
        "LedgerRefusal",
        "Locked",
        "Malformed",
        "OnlyFor",
        "Over",
        "OwnedAsync",
        "PipelineUnavailableException",
        "PolicyProblem",
        "Precondition",
        "Problem",
        "Refuse",
        "Refusal",
        "Take",
        "TakeAsync",
        "TakeWhen",
        "Unseen",
        "UsageRefusal",
        "WithMessage",
    ];

    private static readonly string[] NotForCallers = ["GpuGrants.Tool", "GpuGrants.Client", Path.Combine("GpuGrants.Api", "Contract")];

    private static List<(string English, string Korean)> Pairs =>
        [.. Repository.Read(File).TrimEnd().Split('\n').Chunk(2).Select(pair => (pair[0], pair[1]))];

    [Fact]
    public void Each_refusal_of_the_source_is_said_in_Korean_too()
    {
        var known = Pairs
            .Select(pair => Plain(pair.English.Replace("{}", "X", StringComparison.Ordinal)))
            .ToHashSet(StringComparer.Ordinal);
        var lacks =
            from file in Repository.Files(".cs", "src")
            // Those of commands at a terminal are for operators, and those of the contract for whoever writes a client.
            where !NotForCallers.Any(folder => file.Contains(folder, StringComparison.Ordinal))
            from literal in new SourceText(Repository.Read(file)).Said
            where Refusing.Contains(literal.Call) && Sentence().IsMatch(literal.Text)
            where !literal.Statement.Contains("MessageKo", StringComparison.Ordinal) && !known.Contains(Plain(literal.Text))
            select $"{file}: {literal.Text}";
        Assert.True(!lacks.Any(), $"{File} lacks these:\n{string.Join('\n', lacks)}");
    }

    [Fact]
    public void Each_Korean_text_has_what_stands_in_the_English_one()
    {
        var pairs = Pairs;
        Assert.True(pairs.Count > 500);
        Assert.Equal(pairs.Count, pairs.DistinctBy(pair => pair.English).Count());
        foreach (var (english, korean) in pairs)
        {
            Assert.False(IsKorean(english), english);
            Assert.True(IsKorean(korean), english);
            var holes = Enumerable.Range(0, english.Split("{}").Length - 1).Select(hole => $"{{{hole}}}");
            Assert.Equal(holes, Place().Matches(korean).Select(place => $"{{{place.Groups[1]}}}").Distinct().Order(StringComparer.Ordinal));
            foreach (var call in Call().Matches(english).Select(call => call.Value.TrimEnd('.')))
                Assert.Contains(call.Replace("{}", "", StringComparison.Ordinal).Split('/')[^1], korean, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_check_knows_in_which_call_a_text_stands()
    {
        const string Code = """
            return isIt ? Refusal.Conflict("code", (a ? "One text." : $"Another {b(c)} text.")) with { MessageKo = "..." } : Other<T>("A third.");
            """;
        Assert.Equal(
            [("code", "Conflict"), ("One text.", "Conflict"), ("Another X text.", "Conflict"), ("...", ""), ("A third.", "Other")],
            new SourceText(Code).Said.Select(one => (one.Text, one.Call))
        );
    }

    /// <summary>Braces that a literal doubles.</summary>
    private static string Plain(string text) =>
        text.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal).Trim();

    private static bool IsKorean(string text) => text.Any(letter => letter is >= '\uac00' and <= '\ud7a3');

    [GeneratedRegex(@"^'?[A-Z][^가-힣]*\s[^가-힣]*$")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\{(\d)(?::ko)?\}")]
    private static partial Regex Place();

    [GeneratedRegex(@"(GET|POST|PATCH) /v1/\S+")]
    private static partial Regex Call();
}

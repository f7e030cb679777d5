using System.Text.Json;
using System.Text.RegularExpressions;

namespace GpuGrants.Tests.Writing;

/// <summary>Holds the project's prose to short sentences, whole words and lines that fit a screen.</summary>
public sealed partial class PlainEnglishTests
{
    private const int MaxColumns = 140;

    private static IEnumerable<(string File, string Text)> Pages =>
        from file in Repository.Files(".md")
        from block in Markdown.Blocks(Repository.Read(file))
        select (file, block);

    /// <summary>Literals of the source that read like English sentences.</summary>
    private static IEnumerable<(string File, string Text)> Messages =>
        from file in Repository.Files(".cs", "src")
        from literal in new SourceText(Repository.Read(file)).Literals
        where Sentence().IsMatch(literal)
        select (file, literal);

    private static IEnumerable<(string File, string Text)> Comments =>
        from file in Repository.Files(".cs", "src")
        select (file, new SourceText(Repository.Read(file)).Comments);

    private static IEnumerable<(string File, string Text)> Contract
    {
        get
        {
            const string File = "openapi/v1.json";
            using var document = JsonDocument.Parse(Repository.Read(File));
            return [.. Descriptions(document.RootElement).Select(text => (File, text))];
        }
    }

    [Fact]
    public void A_sentence_of_a_page_has_at_most_30_words() => Assert.Equal([], LongSentences(Pages));

    [Fact]
    public void A_sentence_of_a_message_has_at_most_30_words() => Assert.Equal([], LongSentences(Messages));

    [Fact]
    public void A_sentence_of_the_contract_has_at_most_30_words() => Assert.Equal([], LongSentences(Contract));

    [Fact]
    public void Nothing_is_written_in_clipped_forms() =>
        Assert.Equal(
            [],
            from one in Pages.Concat(Messages).Concat(Contract).Concat(Comments)
            from form in PlainEnglish.ClippedForms(one.Text)
            select $"{one.File}: {form}"
        );

    /// <summary>Rows of tables cannot be broken.</summary>
    [Fact]
    public void A_line_of_a_page_has_at_most_140_columns() =>
        Assert.Equal(
            [],
            from file in Repository.Files(".md")
            from line in Markdown.ProseLines(Repository.Read(file))
            where line.Length > MaxColumns && !line.StartsWith('|')
            select $"{file}: {line}"
        );

    [Fact]
    public void The_check_sees_long_sentences_and_clipped_forms()
    {
        var sentence = string.Join(' ', Enumerable.Repeat("word", PlainEnglish.MaxWords));
        Assert.Empty(PlainEnglish.LongSentences($"{sentence}. {sentence}!"));
        Assert.Single(PlainEnglish.LongSentences($"Short. One {sentence}."));
        Assert.Equal(
            ["one row an account", "of then", "be it", "so many"],
            PlainEnglish.ClippedForms("Keep one row an account, by the rules of then, be it as absent, for so many GPUs.")
        );
        Assert.Equal(
            ["A code text.", "cell"],
            Markdown.Blocks("A `b c`\n[text](x.md).\n\n```\ncode\n```\n|cell|").Where(one => one.Length > 0)
        );
    }

    [Fact]
    public void The_check_reads_literals_as_people_read_them()
    {
        const string Code = """
            // "no literal"
            var a = "One " + $"with {(isIt ? "a" : 'b')} hole"; /* "nor this" */
            var c = @"a ""quoted"" word" + b;
            """;
        var source = new SourceText(Code);
        Assert.Equal(["One with X hole", "a \"quoted\" word"], source.Literals);
        Assert.Contains("nor this", source.Comments, StringComparison.Ordinal);
    }

    private static IEnumerable<string> LongSentences(IEnumerable<(string File, string Text)> texts) =>
        from one in texts
        from sentence in PlainEnglish.LongSentences(one.Text)
        select $"{one.File}: {sentence}";

    private static IEnumerable<string> Descriptions(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().SelectMany(Described),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Descriptions),
            _ => [],
        };

    private static IEnumerable<string> Described(JsonProperty member) =>
        member.Name is "description" or "summary" && member.Value.ValueKind == JsonValueKind.String
            ? [member.Value.GetString()!]
            : Descriptions(member.Value);

    [GeneratedRegex(@"^[A-Z{][^가-힣]*\s[^가-힣]*$")]
    private static partial Regex Sentence();
}

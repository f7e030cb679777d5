using System.Text.RegularExpressions;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>The list of problem codes, the source and docs/http-status-codes.md agree.</summary>
public sealed partial class CodesTests
{
    [Fact]
    public void Every_code_of_the_source_is_in_the_list_and_every_code_of_the_list_in_the_source()
    {
        var rules = Source("GpuGrants");
        var source = Codes().Matches(Source("GpuGrants.Api")).Select(match => match.Groups["code"].Value).ToHashSet();
        foreach (var field in typeof(RefusalCodes).GetFields())
            source.Add((string)field.GetRawConstantValue()!);
        var listed = ProblemKinds.All.Select(kind => kind.Code).ToHashSet();
        Assert.Contains("programme-ended", source);
        Assert.Equal([], source.Except(listed).Order(StringComparer.Ordinal));
        Assert.Equal(
            [],
            listed
                .Except(source)
                // A framework finds these; the rest are found by the pure rules.
                .Except([.. ((int[])[404, 405]).Select(ProblemKinds.CodeOf)])
                .Where(code => !rules.Contains($"\"{code}\"", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Every_reason_against_an_award_is_in_the_list_since_a_verdict_may_be_refused_by_it()
    {
        var reasons = Directory
            .EnumerateFiles(Repository.File("src", "GpuGrants", "Requests"), "*.cs")
            .SelectMany(file => ReasonCode().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["code"].Value)
            .ToHashSet();
        Assert.Contains("programme-not-active", reasons);
        Assert.Equal([], reasons.Except(ProblemKinds.All.Select(kind => kind.Code)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_documentation_lists_every_code_with_its_remedy()
    {
        var page = File.ReadAllText(Repository.File("docs", "http-status-codes.md"));
        var lacks = ProblemKinds.All.Where(kind => !page.Contains(Row(kind), StringComparison.Ordinal)).Select(Row).ToList();
        Assert.True(lacks.Count == 0, "docs/http-status-codes.md lacks these rows:\n" + string.Join('\n', lacks));
        var documented = Documented()
            .Matches(page[page.IndexOf("## Codes", StringComparison.Ordinal)..])
            .Select(match => match.Groups["code"].Value);
        Assert.Equal([], documented.Except(ProblemKinds.All.Select(kind => kind.Code)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_code_is_kebab_case_and_listed_once()
    {
        Assert.All(ProblemKinds.All, kind => Assert.Matches("^[a-z]+(-[a-z]+)*$", kind.Code));
        Assert.Equal(ProblemKinds.All.Count, ProblemKinds.All.DistinctBy(kind => kind.Code).Count());
    }

    private static string Row(ProblemKind kind) =>
        $"| {kind.Status} | `{kind.Code}` | {(kind.OfTheLedger ? "Ledger: " : "")}{kind.Remedy} |";

    private static string Source(string project) =>
        string.Concat(
            Directory
                .EnumerateFiles(Repository.File("src", project), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains(Path.DirectorySeparatorChar + "obj" + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                .Where(file => Path.GetFileName(file) != "ProblemKinds.cs")
                .Select(File.ReadAllText)
        );

    [GeneratedRegex(
        @"(Conflict\(\s*|RefuseStanding\(\s*|Document\(\s*\d{3},\s*|RefusalKind\.\w+,\s*|PipelineUnavailableException\(\s*)"
            + @"""(?<code>[a-z-]+)"""
    )]
    private static partial Regex Codes();

    [GeneratedRegex("\"(?<code>[a-z]+(-[a-z]+)+)\"")]
    private static partial Regex ReasonCode();

    [GeneratedRegex(@"^\| \d{3} \| `(?<code>[^`]+)`", RegexOptions.Multiline)]
    private static partial Regex Documented();
}

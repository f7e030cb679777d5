using System.Text.RegularExpressions;

namespace GpuGrants.Api.Tests;

/// <summary>docs/http-status-codes.md lists every code that the source can answer with, and no other.</summary>
public sealed partial class CodesTests
{
    [Fact]
    public void Every_code_of_the_source_is_documented_and_every_documented_code_is_in_the_source()
    {
        var root = Root();
        var source = Directory
            .EnumerateFiles(Path.Combine(root, "src", "GpuGrants.Api"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains(Path.DirectorySeparatorChar + "obj" + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .SelectMany(file => Codes().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["code"].Value)
            .ToHashSet();
        foreach (var field in typeof(RefusalCodes).GetFields())
            source.Add(((string)field.GetRawConstantValue()!));
        var documented = Documented()
            .Matches(File.ReadAllText(Path.Combine(root, "docs", "http-status-codes.md")))
            .Select(match => match.Groups["code"].Value)
            .ToHashSet();
        var rules = string.Concat(
            Directory
                .EnumerateFiles(Path.Combine(root, "src", "GpuGrants", "Quotas"), "*.cs", SearchOption.AllDirectories)
                .Select(File.ReadAllText)
        );
        Assert.Contains("programme-ended", source);
        Assert.Equal([], source.Except(documented).Order(StringComparer.Ordinal));
        Assert.Equal(
            [],
            documented
                .Except(source)
                .Except(["not-found", "method-not-allowed"])
                .Where(code => !rules.Contains($"\"{code}\"", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "GpuGrants.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(@"(Conflict\(\s*|Document\(\s*\d{3},\s*|PipelineUnavailableException\(\s*)""(?<code>[a-z-]+)""")]
    private static partial Regex Codes();

    /// <summary>Codes stand in the tables' cells: with a hyphen, or one of the plain words.</summary>
    [GeneratedRegex(
        @"(?<=^\|[^\n]*)`(?<code>[a-z]+(-[a-z]+)+|malformed|invalid|unauthenticated|forbidden|stale|internal)`",
        RegexOptions.Multiline
    )]
    private static partial Regex Documented();
}

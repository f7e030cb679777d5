using System.Text.RegularExpressions;

namespace GpuGrants.Tests.Writing;

/// <summary>docs/security.md names for each threat the tests that show what stops it.</summary>
public sealed partial class SecurityTableTests
{
    [Fact]
    public void Every_threat_names_tests_that_exist()
    {
        var tests = Repository
            .Files(".cs", "tests")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .ToHashSet(StringComparer.Ordinal);
        var rows = Repository
            .Read(Path.Combine("docs", "security.md"))
            .Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| asset", StringComparison.Ordinal))
            .Where(line => !line.StartsWith("| ---", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(rows);
        var wrong = new List<string>();
        foreach (var row in rows)
        {
            var cells = row.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries);
            var named = CodeSpan().Matches(cells[^1]).Select(match => match.Groups[1].Value).ToList();
            if (cells.Length != 4 || named.Count == 0 || named.Exists(name => !tests.Contains(name)))
                wrong.Add(row);
        }

        Assert.True(wrong.Count == 0, "These rows name no test, or none that exists:\n" + string.Join('\n', wrong));
    }

    [Fact]
    public void Every_row_stands_in_a_table()
    {
        var lines = Repository.Read(Path.Combine("docs", "security.md")).Split('\n');
        var first = lines.Where((line, i) => line.StartsWith("| ", StringComparison.Ordinal) && lines[i - 1].Length == 0);
        Assert.All(first, line => Assert.Equal("| asset | threat | what stops it | the test |", line));
    }

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex CodeSpan();
}

using System.Text.RegularExpressions;

namespace GpuGrants.Tests.Writing;

/// <summary>docs/architecture.md names the files that a request passes, in order. A reader opens them one by one.</summary>
public sealed partial class RequestLineTests
{
    private const string Heading = "## The line a request travels, file by file";
    private const string Service = "src/GpuGrants.Api/";

    [Fact]
    public void Every_file_on_the_line_of_a_request_is_there()
    {
        var files = Repository.Files(".cs", "src").Select(file => file.Replace('\\', '/')).ToHashSet(StringComparer.Ordinal);
        var page = Repository.Read(Path.Combine("docs", "architecture.md"));
        var named = Named(page[page.IndexOf(Heading, StringComparison.Ordinal)..]).ToList();
        Assert.NotEmpty(named);
        Assert.Equal([], named.Except(files));
    }

    /// <summary>Paths from the root. A name without a folder is in the folder of the name before it.</summary>
    private static IEnumerable<string> Named(string text)
    {
        var folder = Service;
        foreach (var name in FileName().Matches(text).Select(match => match.Groups[1].Value))
        {
            var path =
                name.StartsWith("src/", StringComparison.Ordinal) ? name
                : name.Contains('/', StringComparison.Ordinal) ? Service + name
                : folder + name;
            folder = path[..(path.LastIndexOf('/') + 1)];
            yield return path;
        }
    }

    [GeneratedRegex(@"`([\w./]+\.cs)`")]
    private static partial Regex FileName();
}

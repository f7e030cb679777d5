using System.Text.Json;

namespace GpuGrants.Api.Ledger.Archives;

/// <summary>Reads files of JSON lines, line by line. A line that cannot be read is a finding, and the reading goes on.</summary>
internal static class LineReader
{
    public static async IAsyncEnumerable<TRow> ReadAsync<TLine, TRow>(
        string directory,
        string name,
        Func<TLine, TRow> map,
        Action<Finding> found
    )
    {
        if (!File.Exists(Path.Combine(directory, name)))
            yield break;
        var number = 0L;
        await foreach (var line in File.ReadLinesAsync(Path.Combine(directory, name)))
        {
            number++;
            if (TryRead(line, map, out var row, out var problem))
                yield return row!;
            else
                found(new Finding(FindingCodes.LineUnreadable, $"{name}, line {number}: {problem}", Guid.Empty));
        }
    }

    private static bool TryRead<TLine, TRow>(string text, Func<TLine, TRow> map, out TRow? row, out string? problem)
    {
        (row, problem) = (default, null);
        try
        {
            if (JsonSerializer.Deserialize<TLine>(text, LedgerLines.Options) is { } line)
                row = map(line);
            else
                problem = "The line is null.";
        }
        catch (Exception failure) when (failure is JsonException or FormatException or ArgumentException)
        {
            problem = failure.Message;
        }

        return problem is null;
    }
}

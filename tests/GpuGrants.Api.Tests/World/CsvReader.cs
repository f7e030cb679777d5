using System.Text;

namespace GpuGrants.Api.Tests.World;

/// <summary>Reads CSV as RFC 4180 says, into a dictionary a row.</summary>
internal static class CsvReader
{
    public static List<Dictionary<string, string>> Rows(string text)
    {
        var rows = Cells(text);
        Assert.All(rows, row => Assert.Equal(rows[0].Count, row.Count));
        return [.. rows.Skip(1).Select(row => rows[0].Zip(row).ToDictionary(pair => pair.First, pair => pair.Second))];
    }

    private static List<List<string>> Cells(string text)
    {
        var (rows, row, cell, quoted) = (new List<List<string>>(), new List<string>(), new StringBuilder(), false);
        for (var i = 0; i < text.Length; i++)
        {
            var letter = text[i];
            if (letter == '"' && quoted && i + 1 < text.Length && text[i + 1] == '"')
                cell.Append(text[i++]);
            else if (letter == '"')
                quoted = !quoted;
            else if (quoted)
                cell.Append(letter);
            else if (letter is ',' or '\n')
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (letter == ',')
                    continue;
                rows.Add(row);
                row = [];
            }
            else if (letter != '\r')
                cell.Append(letter);
        }

        Assert.False(quoted);
        Assert.Empty(row);
        return rows;
    }
}

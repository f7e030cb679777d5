using System.Text;

namespace GpuGrants.Api.Http;

/// <summary>Tables as CSV (RFC 4180), written row by row.</summary>
internal static class Csv
{
    /// <summary>Bytes that are gathered before they go out: the caller's pace sets the reader's.</summary>
    private const int FlushBytes = 16_384;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Whether the caller asks for a table: <c>format=csv</c>, else <c>Accept: text/csv</c>.</summary>
    public static bool WantsCsv(this HttpContext http) =>
        (http.ChoiceFilter("format", "json", "csv") ?? (http.Request.GetTypedHeaders().Accept.Any(one => one.MediaType == "text/csv") ? "csv" : "json")) == "csv";

    /// <summary>Free text: quoted, and never what a spreadsheet would take for a formula.</summary>
    public static string Cell(string? value)
    {
        if (string.IsNullOrEmpty(value)) return "";
        var safe = value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' ? "'" + value : value;
        return '"' + safe.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
    }

    /// <summary>Writes the header and then each row as it comes. What fails on the way cuts the answer off, so that nobody takes a part for the whole.</summary>
    public static async Task WriteCsvAsync(this HttpContext http, string fileName, string header, IAsyncEnumerable<string> rows)
    {
        http.Response.ContentType = "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
        var waiting = Write(http, header);
        await foreach (var row in rows.WithCancellation(http.RequestAborted))
        {
            waiting += Write(http, row);
            if (waiting < FlushBytes) continue;
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
            waiting = 0;
        }

        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private static int Write(HttpContext http, string row)
    {
        var output = http.Response.BodyWriter;
        var bytes = Utf8.GetByteCount(row) + 2;
        var span = output.GetSpan(bytes);
        var written = Utf8.GetBytes(row, span);
        "\r\n"u8.CopyTo(span[written..]);
        output.Advance(bytes);
        return bytes;
    }
}

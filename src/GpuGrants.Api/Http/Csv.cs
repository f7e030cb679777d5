using System.Text;
using Microsoft.Net.Http.Headers;

namespace GpuGrants.Api.Http;

/// <summary>Tables as CSV (RFC 4180), written row by row.</summary>
internal static class Csv
{
    /// <summary>Bytes buffered before they are sent, so that the caller's pace limits the reader.</summary>
    private const int FlushBytes = 16_384;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Whether the caller asks for a table: <c>format=csv</c>, else <c>Accept: text/csv</c>.</summary>
    public static bool WantsCsv(this HttpContext http) =>
        (http.ChoiceFilter("format", "json", "csv") ?? (PrefersCsv(http.Request.GetTypedHeaders().Accept) ? "csv" : "json")) == "csv";

    /// <summary>Whether the header names CSV with a weight above 0 and at least that of JSON.</summary>
    private static bool PrefersCsv(IList<MediaTypeHeaderValue> accept)
    {
        var csv = accept.Where(one => one.MediaType == "text/csv").Select(one => one.Quality ?? 1).DefaultIfEmpty(0).Max();
        var json = accept.Where(one => one.MediaType == "application/json").Select(one => one.Quality ?? 1).DefaultIfEmpty(0).Max();
        return csv > 0 && csv >= json;
    }

    /// <summary>Free text: quoted, and never what a spreadsheet would take for a formula.</summary>
    public static string Cell(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return "";
        var safe = value[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' ? "'" + value : value;
        return '"' + safe.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
    }

    /// <summary>
    /// Writes the header and then each row as it comes. A failure aborts the answer, so that nobody mistakes a part for the whole.
    /// </summary>
    public static async Task WriteCsvAsync(this HttpContext http, string fileName, string header, IAsyncEnumerable<string> rows)
    {
        http.Response.ContentType = "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
        var waiting = Write(http, header);
        await foreach (var row in rows.WithCancellation(http.RequestAborted))
        {
            waiting += Write(http, row);
            if (waiting < FlushBytes)
                continue;
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

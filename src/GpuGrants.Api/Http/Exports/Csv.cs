using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using CsvHelper.Configuration;
using GpuGrants.Api.Http.Lists;
using Microsoft.Net.Http.Headers;

namespace GpuGrants.Api.Http.Exports;

/// <summary>Tables as CSV (RFC 4180), written row by row.</summary>
internal static class Csv
{
    /// <summary>Characters that are gathered before they go out: the caller's pace sets the reader's.</summary>
    private const int BufferChars = 16_384;

    private static readonly CsvConfiguration Format = new(CultureInfo.InvariantCulture) { NewLine = "\r\n" };

    /// <summary>Whether the caller asks for a table: <c>format=csv</c>, else <c>Accept: text/csv</c>.</summary>
    public static bool WantsCsv(this HttpContext http) =>
        (http.ChoiceFilter("format", "json", "csv") ?? (PrefersCsv(http.Request.GetTypedHeaders().Accept) ? "csv" : "json")) == "csv";

    /// <summary>
    /// Writes a header and then each row as it comes; the columns are the row type's members. A failure on the way cuts the answer off, so
    /// that nobody takes a part for the whole. With <c>bom=true</c> the answer begins with the mark by which Excel knows UTF-8.
    /// </summary>
    /// <param name="http">The call that is answered.</param>
    /// <param name="fileName">The name that a browser saves it under.</param>
    /// <param name="rows">The rows, read no faster than they are sent.</param>
    /// <param name="lastLine">Asked after the rows: a line that says why they are not all. The caller then cuts the answer off.</param>
    public static async Task WriteCsvAsync<TRow>(
        this HttpContext http,
        string fileName,
        IAsyncEnumerable<TRow> rows,
        Func<string?>? lastLine = null
    )
    {
        var marked = http.Flag("bom") == true;
        http.Response.ContentType = "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
        // Neither is disposed of: what a failed reading left in the buffers must not go out as if it were all.
        var text = new StreamWriter(http.Response.Body, new UTF8Encoding(marked), BufferChars, leaveOpen: true);
        var csv = new CsvWriter(text, Format, leaveOpen: true);
        MapColumns<TRow>(csv.Context);
        csv.WriteHeader<TRow>();
        await csv.NextRecordAsync();
        await foreach (var row in rows.WithCancellation(http.RequestAborted))
        {
            csv.WriteRecord(row);
            await csv.NextRecordAsync();
        }

        if (lastLine?.Invoke() is { } reason)
        {
            csv.WriteField(reason);
            await csv.NextRecordAsync();
        }

        await csv.FlushAsync();
        await text.FlushAsync(http.RequestAborted);
    }

    /// <summary>Columns have the names that JSON members have.</summary>
    private static void MapColumns<TRow>(CsvContext context)
    {
        context.TypeConverterCache.AddConverter<string>(new CsvText());
        context.TypeConverterCache.AddConverter<DateTimeOffset>(new CsvMoment());
        var map = context.AutoMap<TRow>();
        foreach (var column in map.MemberMaps)
        {
            column.Data.Names.Clear();
            column.Data.Names.Add(JsonNamingPolicy.CamelCase.ConvertName(column.Data.Member!.Name));
        }

        context.RegisterClassMap(map);
    }

    /// <summary>Whether the header names CSV with a weight above 0 and at least that of JSON.</summary>
    private static bool PrefersCsv(IList<MediaTypeHeaderValue> accept)
    {
        var csv = accept.Where(one => one.MediaType == "text/csv").Select(one => one.Quality ?? 1).DefaultIfEmpty(0).Max();
        var json = accept.Where(one => one.MediaType == "application/json").Select(one => one.Quality ?? 1).DefaultIfEmpty(0).Max();
        return csv > 0 && csv >= json;
    }
}

using CsvHelper;
using CsvHelper.Configuration;
using CsvHelper.TypeConversion;

namespace GpuGrants.Api.Http.Exports;

/// <summary>
/// Free text in a cell: an apostrophe before what a spreadsheet would take for a formula, also behind spaces and in the full-width
/// forms that East Asian keyboards type. CsvHelper's own protection would also mark negative numbers.
/// </summary>
internal sealed class CsvText : StringConverter
{
    private const string Formula = "=+-@\uFF1D\uFF0B\uFF0D\uFF20";

    /// <returns>Never null: CsvHelper would leave the cell out.</returns>
    public override string ConvertToString(object? value, IWriterRow row, MemberMapData memberMapData) =>
        value is string text ? Safe(text) : "";

    internal static string Safe(string text)
    {
        var first = text.AsSpan().TrimStart();
        var startsFormula = !first.IsEmpty && Formula.Contains(first[0], StringComparison.Ordinal);
        return startsFormula || text is ['\t' or '\r' or '\n', ..] ? "'" + text : text;
    }
}

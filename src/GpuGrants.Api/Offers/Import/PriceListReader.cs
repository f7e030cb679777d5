using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Offers;

namespace GpuGrants.Api.Offers.Import;

/// <summary>Reads a price list line by line, so that an odd line spoils no other.</summary>
internal static class PriceListReader
{
    /// <summary>The lines in their order, each read or with its mistake.</summary>
    /// <exception cref="ProblemException">The list as a whole is no CSV, lacks a column, or is too long.</exception>
    public static List<ReadLine> Read(string csv, decimal creditsPerUsd)
    {
        using var reader = new CsvReader(
            new StringReader(csv),
            new CsvConfiguration(CultureInfo.InvariantCulture) { MissingFieldFound = null, BadDataFound = null }
        );
        if (!reader.Read() || !reader.ReadHeader())
            throw Problem.Invalid("csv", "State a line of names first, then the lines.");
        var places = PriceLine.Columns.ToDictionary(name => name, name => Array.IndexOf(reader.HeaderRecord!, name));
        if (places.FirstOrDefault(one => one.Value < 0).Key is { } missing)
            throw Problem.Invalid("csv", $"The list lacks the column {missing}. State: {string.Join(',', PriceLine.Columns)}.");
        var lines = new List<ReadLine>();
        while (reader.Read())
        {
            if (lines.Count == OfferImportValidator.MaxLines)
                throw Problem.Invalid("csv", $"State at most {OfferImportValidator.MaxLines} lines. Send the rest in another call.");
            // A quote that is never closed would take all later lines into its field, and nobody would be told of them.
            if (reader.Parser.RawRecord.TrimEnd('\r', '\n').Contains('\n', StringComparison.Ordinal))
                throw Problem.Invalid("csv", $"A quoted field spans lines up to line {reader.Parser.RawRow}. Close its quote.");
            var (line, column, mistake) = PriceLine.Read(name => reader.GetField(places[name]) ?? "", creditsPerUsd);
            lines.Add(new ReadLine(reader.Parser.RawRow, line, column, mistake));
        }

        return lines;
    }
}

/// <summary>A line as it could be read.</summary>
/// <param name="Number">Its number in the list.</param>
/// <param name="Line">Null when it could not be read.</param>
/// <param name="Column">The column at fault.</param>
/// <param name="Mistake">What would pass.</param>
internal sealed record ReadLine(int Number, PriceLine? Line, string? Column, string? Mistake);

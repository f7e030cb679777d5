using CsvHelper;
using CsvHelper.Configuration;
using CsvHelper.TypeConversion;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Http.Exports;

/// <summary>A moment in a cell, as JSON has it.</summary>
internal sealed class CsvMoment : DateTimeOffsetConverter
{
    /// <returns>Never null: CsvHelper would leave the cell out.</returns>
    public override string ConvertToString(object? value, IWriterRow row, MemberMapData memberMapData) =>
        value is DateTimeOffset moment ? UtcMoments.Text(moment) : "";
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuGrants.Api.Json;

/// <summary>
/// Moments as the API writes them: ISO 8601 in UTC, ending in Z. What comes in has to say its offset, so that nobody guesses a time zone.
/// </summary>
public sealed class UtcMoments : JsonConverter<DateTimeOffset>
{
    private const int ShortestWithOffset = 17;

    /// <summary>What comes before the fraction of a second.</summary>
    private const int Point = 19;

    private const int Digits = 6;

    private const int Longest = 28;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        var hasOffset = text.Length >= ShortestWithOffset && (text[^1] == 'Z' || text[^6] is '+' or '-');
        return hasOffset && reader.TryGetDateTimeOffset(out var moment)
            ? moment.ToUniversalTime()
            : throw new FieldFormatException("Send a moment by ISO 8601 with Z or an offset, such as 2026-01-31T12:00:00Z.");
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[Longest];
        writer.WriteStringValue(text[..Format(value, text)]);
    }

    public static string Text(DateTimeOffset value)
    {
        Span<byte> text = stackalloc byte[Longest];
        return Encoding.ASCII.GetString(text[..Format(value, text)]);
    }

    /// <summary>
    /// To the microsecond, as PostgreSQL keeps it, without trailing zeros. The round-trip format is far quicker than one that is put
    /// together.
    /// </summary>
    private static int Format(DateTimeOffset value, Span<byte> text)
    {
        value.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        var end = Point + 1 + Digits;
        while (text[end - 1] == '0')
            end--;
        if (end == Point + 1)
            end = Point;
        text[end] = (byte)'Z';
        return end + 1;
    }
}

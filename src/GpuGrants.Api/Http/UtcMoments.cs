using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuGrants.Api.Http;

/// <summary>Moments as the API writes them: ISO 8601 in UTC, ending in Z. What comes in has to say its offset, so that nobody guesses a time zone.</summary>
internal sealed class UtcMoments : JsonConverter<DateTimeOffset>
{
    private const int ShortestWithOffset = 17;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
        var hasOffset = text.Length >= ShortestWithOffset && (text[^1] == 'Z' || text[^6] is '+' or '-');
        return hasOffset && reader.TryGetDateTimeOffset(out var moment)
            ? moment.ToUniversalTime()
            : throw new JsonException("The JSON value could not be converted to a moment.");
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Text(value));

    public static string Text(DateTimeOffset value) => value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}

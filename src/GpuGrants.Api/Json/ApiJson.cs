using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuGrants.Api.Json;

/// <summary>JSON as the API reads and writes it: camelCase. It rejects unknown members, repeated members and deep nesting.</summary>
public static class ApiJson
{
    /// <summary>Nested objects and arrays that a body may have.</summary>
    public const int MaxDepth = 16;

    /// <summary>The very same objects in all options: these then share what they learn of each type.</summary>
    private static readonly JsonConverter[] Converters =
    [
        new UtcMoments(),
        new ExactDecimals(),
        new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false),
    ];

    public static JsonSerializerOptions Options { get; } = Make();

    public static byte[] Write<TBody>(TBody body) => JsonSerializer.SerializeToUtf8Bytes(body, Options);

    public static string WriteText<TBody>(TBody body) => JsonSerializer.Serialize(body, Options);

    /// <summary>Applies the same rules to options that a framework made.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DictionaryKeyPolicy = null;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = MaxDepth;
        foreach (var one in Converters)
            options.Converters.Add(one);
        options.PropertyNameCaseInsensitive = false;
        // The API answers with application/json only; text for people stays readable.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}

/// <summary>
/// Reads numbers with a fraction exactly, or refuses them. The framework would round a number with more digits than a decimal holds.
/// </summary>
/// <remarks>RFC 8259, section 6, lets a receiver limit the precision that it accepts.</remarks>
public sealed class ExactDecimals : JsonConverter<decimal>
{
    /// <summary>The most digits without leading zeros that always fit a decimal.</summary>
    private const int MaxDigits = 28;

    /// <exception cref="FieldFormatException">It is no number, or none that a decimal holds exactly.</exception>
    public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDecimal(out var value))
            throw new FieldFormatException("Send a number, without quotes.");
        var text = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
        var digits = Digits(text);
        return digits <= MaxDigits && (value != 0 || digits == 0)
            ? value
            : throw new FieldFormatException(string.Create(CultureInfo.InvariantCulture, $"A number has at most {MaxDigits} digits."));
    }

    public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) => writer.WriteNumberValue(value);

    /// <summary>The digits before an exponent, without leading zeros.</summary>
    private static int Digits(ReadOnlySpan<byte> text)
    {
        var digits = 0;
        foreach (var one in text)
        {
            if (one is (byte)'e' or (byte)'E')
                break;
            if (char.IsAsciiDigit((char)one) && (digits > 0 || one != '0'))
                digits++;
        }

        return digits;
    }
}

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

/// <summary>Amounts as the API writes them.</summary>
public static class Wire
{
    private const int Decimals = 6;

    /// <summary>GPU-seconds as GPU-hours: exact for whole steps of 0.01 h, else to six decimals.</summary>
    public static decimal Hours(long gpuSeconds) => Of(gpuSeconds, 3_600);

    /// <summary>The same as text, for the value that a field would need.</summary>
    public static string HoursText(GpuGrants.Units.GpuTime time) =>
        Hours(time.Seconds).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>GPU-hours of a checked body as GPU time; null for none.</summary>
    public static GpuGrants.Units.GpuTime? Time(decimal? gpuHours) =>
        gpuHours is { } hours && GpuGrants.Units.GpuTime.TryFromHours(hours, out var time) ? time : null;

    /// <summary>GPU-microseconds as GPU-seconds, exactly.</summary>
    public static decimal ExactSeconds(long gpuMicroseconds) => Of(gpuMicroseconds, 1_000_000);

    /// <summary>Credit units as credits, to six decimals.</summary>
    public static decimal Credits(long units) => Of(units, GpuGrants.Units.Credits.UnitsPerCredit);

    /// <summary>Millicredits per GPU-hour as credits per GPU-hour.</summary>
    public static decimal Rate(long millicredits) => Of(millicredits, 1_000);

    // Dividing decimals is slow, answers have dozens of amounts, and most amounts are whole.
    private static decimal Of(long amount, long unit)
    {
        var (whole, rest) = Math.DivRem(amount, unit);
        return rest == 0 ? whole : Trim(amount / (decimal)unit);
    }

    private static decimal Trim(decimal value) => Math.Round(value, Decimals) / 1.0000000000000000000000000000m;
}

/// <summary>A value has the wrong form for its field. The message tells the caller what to send.</summary>
public sealed class FieldFormatException(string message) : JsonException(message);

using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuGrants.Api.Json;

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

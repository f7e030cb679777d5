using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GpuGrants.Api.Json;

/// <summary>JSON as the API reads and writes it: camelCase. It rejects unknown members, repeated members and deep nesting.</summary>
public static class ApiJson
{
    /// <summary>Nested objects and arrays that a body may have.</summary>
    public const int MaxDepth = 16;

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
        options.Converters.Add(new UtcMoments());
        options.Converters.Add(new ExactDecimals());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false));
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

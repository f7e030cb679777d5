using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Ledger.Archives;

/// <summary>Rows as lines of JSON, as docs/ledger-seal.md describes: the names are the columns', the values are exact.</summary>
internal static class LedgerLines
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new UtcMoments(),
            new Word<AccountKind>(AccountKinds.Code, AccountKinds.Parse),
            new Word<TransferKind>(TransferKinds.Code, TransferKinds.Parse),
        },
    };

    /// <summary>A kind as its word, which is no number that another release may give to another kind.</summary>
    private sealed class Word<TKind>(Func<TKind, string> code, Func<string, TKind> parse) : JsonConverter<TKind>
    {
        public override TKind Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? parse(reader.GetString()!) : throw new JsonException("A kind is a word.");

        public override void Write(Utf8JsonWriter writer, TKind value, JsonSerializerOptions options) =>
            writer.WriteStringValue(code(value));
    }
}

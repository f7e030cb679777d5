using System.Text.Json;
using System.Text.Json.Serialization;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Json;
using GpuGrants.Trees;
using GpuGrants.Usage;

namespace GpuGrants.Api.Usage;

/// <summary>One record as it could be read, or why it could not.</summary>
/// <param name="Body">Null when it could not.</param>
/// <param name="Id">The record's id where it is readable all the same.</param>
/// <param name="Refusal">Why it could not be read.</param>
[JsonConverter(typeof(UsageItemConverter))]
internal sealed record UsageItemRead(UsageItemBody? Body, Guid? Id, UsageRefusal? Refusal = null)
{
    private static readonly UsageItemValidator Rules = new();

    /// <summary>The record for the command, or the first reason against it.</summary>
    public UsageItem ToItem(IReadOnlyDictionary<Guid, TreeId> trees)
    {
        if (Refusal is not null || Body is null)
            return UsageItem.Unreadable(Id, Refusal ?? UsageReader.Unreadable("$", "A record is a JSON object."));
        if (Rules.Validate(Body) is { IsValid: false } result)
            return UsageItem.Unreadable(Id, UsageReader.Unreadable(UsageReader.JsonName(result), result.Errors[0].ErrorMessage));
        var (grantId, startedAt, endedAt) = (
            Body.GrantId!.Value,
            UsageItemBody.ToMicroseconds(Body.StartedAt!.Value),
            UsageItemBody.ToMicroseconds(Body.EndedAt!.Value)
        );
        UsageReading.TryFromGpus(Body.Gpus!.Value, out var milliGpus);
        return new UsageItem(
            Id,
            grantId,
            trees.TryGetValue(grantId, out var tree) ? tree : null,
            new UsageReading(milliGpus, startedAt, endedAt)
        );
    }
}

/// <summary>Reads the records of a call one by one, so that an odd one spoils no other.</summary>
internal static class UsageReader
{
    private static readonly UsageValidator Rules = new();
    private static readonly UsageEventValidator EventRules = new();

    private sealed record LenientBody
    {
        public UsageItemRead[]? Records { get; init; }
    }

    /// <summary>The records in their order.</summary>
    /// <exception cref="ProblemException">The call as a whole is not JSON, or has no or too many records.</exception>
    public static async Task<IReadOnlyList<UsageItemRead>> ReadAsync(HttpContext http)
    {
        var (utf8, type) = await http.RawBodyAsync(UsageFormats.Lines, UsageFormats.Events);
        var records = type switch
        {
            UsageFormats.Lines => ReadLines(utf8.Span),
            UsageFormats.Events => [.. BodyExtensions.Parse<JsonElement[]>(utf8).Select(ReadEvent)],
            _ => BodyExtensions.Parse<LenientBody>(utf8).Records,
        };
        // The rule looks at the number alone.
        if (!Rules.Validate(new UsageBody { Records = records is null ? null : new UsageItemBody[records.Length] }).IsValid)
            throw Problem.Invalid("records", UsageValidator.TooMany);
        return records!;
    }

    public static UsageRefusal Unreadable(string field, string message) => new("invalid-record", field, message);

    /// <summary>The name of the first member that a rule refused.</summary>
    public static string JsonName(FluentValidation.Results.ValidationResult result) =>
        JsonNamingPolicy.CamelCase.ConvertName(result.Errors[0].PropertyName);

    private static UsageItemRead[] ReadLines(ReadOnlySpan<byte> utf8)
    {
        var records = new List<UsageItemRead>();
        foreach (var range in utf8.Split((byte)'\n'))
        {
            var line = utf8[range].Trim(" \t\r"u8);
            if (line.IsEmpty)
                continue;
            if (records.Count == UsageValidator.MaxRecords)
                throw Problem.Invalid("records", UsageValidator.TooMany);
            records.Add(ReadLine(line));
        }

        return [.. records];
    }

    private static UsageItemRead ReadEvent(JsonElement element)
    {
        try
        {
            var one = element.Deserialize<UsageEventBody>(ApiJson.Options);
            if (one is null)
                return new UsageItemRead(null, null);
            return EventRules.Validate(one) is { IsValid: false } result
                ? new UsageItemRead(null, one.Id, Unreadable(JsonName(result), result.Errors[0].ErrorMessage))
                : new UsageItemRead(one.Data! with { Id = one.Id }, one.Id);
        }
        catch (JsonException error)
        {
            var (field, message) = BodyExtensions.Explain(error);
            return new UsageItemRead(null, null, Unreadable(field, message));
        }
    }

    private static UsageItemRead ReadLine(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize<UsageItemRead>(line, ApiJson.Options)!;
        }
        catch (JsonException error)
        {
            var (field, message) = BodyExtensions.Explain(error);
            return new UsageItemRead(null, null, Unreadable(field, message));
        }
    }
}

/// <summary>Reads one record from where the reader stands. A record that is no valid one is noted, not thrown.</summary>
internal sealed class UsageItemConverter : JsonConverter<UsageItemRead>
{
    public override bool HandleNull => true;

    /// <exception cref="JsonException">What stands here is not JSON at all.</exception>
    public override UsageItemRead Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var record = reader;
        var again = reader;
        reader.Skip();
        try
        {
            var body = JsonSerializer.Deserialize<UsageItemBody>(ref record, options);
            return new UsageItemRead(body, body?.Id);
        }
        catch (JsonException error)
        {
            var (field, message) = BodyExtensions.Explain(error);
            return new UsageItemRead(null, FindId(ref again), UsageReader.Unreadable(field, message));
        }
    }

    public override void Write(Utf8JsonWriter writer, UsageItemRead value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Records are only read.");

    /// <summary>The id of a record that is odd elsewhere, so that its sender knows it again.</summary>
    private static Guid? FindId(ref Utf8JsonReader reader)
    {
        using var record = JsonDocument.ParseValue(ref reader);
        if (record.RootElement is not { ValueKind: JsonValueKind.Object } one || !one.TryGetProperty("id", out var id))
            return null;
        try
        {
            return id.ValueKind == JsonValueKind.String && id.TryGetGuid(out var found) ? found : null;
        }
        catch (InvalidOperationException)
        {
            // The text has half a surrogate pair.
            return null;
        }
    }
}

using System.Text.Json;

namespace GpuGrants.Api.Tests.World.Contracts;

/// <summary>What an operation takes, and what it answers by status.</summary>
internal sealed class ContractOperation
{
    public ContractOperation(JsonElement operation, IReadOnlyDictionary<string, ContractHeader> headers, Func<string, SchemaCheck> find)
    {
        Id = operation.GetProperty("operationId").GetString()!;
        Body =
            operation.TryGetProperty("requestBody", out var body)
            && body.GetProperty("content").TryGetProperty("application/json", out var media)
                ? SchemaCheck.Of(media.GetProperty("schema"), find)
                : null;
        Answers = operation
            .GetProperty("responses")
            .EnumerateObject()
            .ToDictionary(
                one => int.Parse(one.Name, System.Globalization.CultureInfo.InvariantCulture),
                one => new ContractAnswer(one.Value, headers, find)
            );
    }

    public string Id { get; }

    /// <summary>Null when it takes none.</summary>
    public SchemaCheck? Body { get; }

    public IReadOnlyDictionary<int, ContractAnswer> Answers { get; }

    /// <summary>Whether it answers with sentences in the caller's language also when all is well.</summary>
    public bool Speaks => Answers.Any(one => one.Key is 200 or 201 && one.Value.Headers.ContainsKey("Content-Language"));
}

/// <summary>One status of an operation: headers, bodies by media type, and the codes of its problems.</summary>
internal sealed class ContractAnswer
{
    public ContractAnswer(JsonElement answer, IReadOnlyDictionary<string, ContractHeader> shared, Func<string, SchemaCheck> find)
    {
        Bodies = answer.TryGetProperty("content", out var content)
            ? content
                .EnumerateObject()
                .ToDictionary(
                    media => media.Name,
                    media => media.Value.TryGetProperty("schema", out var schema) ? SchemaCheck.Of(schema, find) : null
                )
            : [];
        Headers = answer.TryGetProperty("headers", out var headers)
            ? headers
                .EnumerateObject()
                .ToDictionary(
                    header => header.Name,
                    header => shared[header.Value.GetProperty("$ref").GetString()!.Split('/')[^1]],
                    StringComparer.OrdinalIgnoreCase
                )
            : new(StringComparer.OrdinalIgnoreCase);
        Codes = answer.TryGetProperty("x-codes", out var codes) ? codes.EnumerateArray().Select(one => one.GetString()!).ToHashSet() : null;
    }

    public IReadOnlyDictionary<string, SchemaCheck?> Bodies { get; }

    public IReadOnlyDictionary<string, ContractHeader> Headers { get; }

    /// <summary>Null when the contract lists none.</summary>
    public IReadOnlySet<string>? Codes { get; }
}

/// <summary>A header that an answer has, always or at times.</summary>
internal sealed class ContractHeader(JsonElement header, Func<string, SchemaCheck> find)
{
    public bool IsRequired { get; } = header.TryGetProperty("required", out var required) && required.GetBoolean();

    public SchemaCheck Schema { get; } = SchemaCheck.Of(header.GetProperty("schema"), find);
}

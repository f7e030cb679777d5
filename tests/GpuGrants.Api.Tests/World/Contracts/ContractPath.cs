using System.Text.Json;

namespace GpuGrants.Api.Tests.World.Contracts;

/// <summary>A path of the contract with its operations.</summary>
internal sealed class ContractPath
{
    private static readonly HashSet<string> Methods = ["get", "put", "post", "patch", "delete", "head", "options"];
    private readonly string[] _parts;
    private readonly Dictionary<string, ContractOperation> _operations;

    public ContractPath(
        string template,
        JsonElement item,
        IReadOnlyDictionary<string, ContractHeader> headers,
        Func<string, SchemaCheck> find
    )
    {
        _parts = template.Trim('/').Split('/');
        Variables = _parts.Count(IsVariable);
        _operations = item.EnumerateObject()
            .Where(one => Methods.Contains(one.Name))
            .ToDictionary(one => one.Name, one => new ContractOperation(one.Value, headers, find), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>A path with fewer of them is the better match.</summary>
    public int Variables { get; }

    public bool Matches(string[] parts) =>
        parts.Length == _parts.Length
        && _parts
            .Zip(parts)
            .All(pair =>
                IsVariable(pair.First) ? pair.Second.Length > 0 : pair.First.Equals(pair.Second, StringComparison.OrdinalIgnoreCase)
            );

    public ContractOperation? Operation(string method) => _operations.GetValueOrDefault(method);

    private static bool IsVariable(string part) => part[0] == '{';
}

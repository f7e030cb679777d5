using System.Text.Json;

namespace GpuGrants.Api.Tests.World.Contracts;

/// <summary>The approved contract, read once: its operations by method and path.</summary>
internal sealed class Contract
{
    private static readonly Lazy<Contract> One = new(() => new Contract(File.ReadAllText(Repository.File("openapi", "v1.json"))));
    private readonly Dictionary<string, SchemaCheck> _schemas = [];
    private readonly List<ContractPath> _paths = [];

    public Contract(string json)
    {
        var document = JsonDocument.Parse(json).RootElement;
        foreach (var schema in document.GetProperty("components").GetProperty("schemas").EnumerateObject())
            _schemas[schema.Name] = SchemaCheck.Of(schema.Value, name => _schemas[name]);
        var headers = document
            .GetProperty("components")
            .GetProperty("headers")
            .EnumerateObject()
            .ToDictionary(one => one.Name, one => new ContractHeader(one.Value, name => _schemas[name]));
        foreach (var path in document.GetProperty("paths").EnumerateObject())
            _paths.Add(new ContractPath(path.Name, path.Value, headers, name => _schemas[name]));
    }

    public static Contract Approved => One.Value;

    /// <summary>Null when the contract has no such path.</summary>
    public ContractPath? Find(string path)
    {
        var parts = path.Trim('/').Split('/');
        ContractPath? found = null;
        foreach (var one in _paths)
            if (one.Matches(parts) && (found is null || one.Variables < found.Variables))
                found = one;
        return found;
    }

    public SchemaCheck Schema(string name) => _schemas[name];
}

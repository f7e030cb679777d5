using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Filters;

/// <summary>Only what bears one of these names.</summary>
/// <param name="Names">At least one.</param>
public abstract record NameCondition(IReadOnlyList<string> Names) : FilterCondition
{
    private protected abstract IndexField Field { get; }

    internal override IReadOnlyList<IndexKey> IndexKeys => [.. Names.Select(name => IndexKey.Of(Field, name))];

    // Escaped, so that a name with a comma differs from two names.
    internal override string Canonical => string.Join(',', Names.Select(Uri.EscapeDataString).Distinct().Order(StringComparer.Ordinal));

    internal override JsonNode ToJson() => JsonMembers.Names(Names)!;

    private protected bool IsNamed(string? actual)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (string.Equals(Names[i], actual, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}

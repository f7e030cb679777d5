using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Filters;

/// <summary>Only what has one of these ids.</summary>
/// <param name="Ids">At least one.</param>
public abstract record IdCondition(IReadOnlyList<Guid> Ids) : FilterCondition
{
    private protected abstract IndexField Field { get; }

    internal override IReadOnlyList<IndexKey> IndexKeys => [.. Ids.Select(id => IndexKey.Of(Field, id))];

    internal override string Canonical => string.Join(',', Ids.Distinct().Order());

    internal override JsonNode ToJson() => JsonMembers.Ids(Ids)!;

    private protected bool IsNamed(Guid? actual)
    {
        for (var i = 0; i < Ids.Count; i++)
        {
            if (Ids[i] == actual)
                return true;
        }

        return false;
    }
}

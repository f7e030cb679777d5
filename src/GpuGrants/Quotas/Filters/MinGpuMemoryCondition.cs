using System.Globalization;
using System.Text.Json.Nodes;

namespace GpuGrants.Quotas.Filters;

/// <summary>Only GPUs with at least this much memory, in GiB.</summary>
public sealed record MinGpuMemoryCondition(int Gib) : FilterCondition
{
    /// <inheritdoc/>
    public override string Member => "minGpuMemoryGib";

    internal override string Canonical => Gib.ToString(CultureInfo.InvariantCulture);

    internal static FilterCondition? Read(JsonFields fields) =>
        fields.Integer("minGpuMemoryGib") is { } stated ? new MinGpuMemoryCondition(stated) : null;

    /// <inheritdoc/>
    public override bool Holds(QuotaContext context) => context.GpuMemoryGib >= Gib;

    internal override JsonNode ToJson() => JsonValue.Create(Gib);

    internal override void Check(Action<string, string, string> add)
    {
        if (Gib is < 1 or > 4_096)
            add("filter.minGpuMemoryGib", "never-matches", "GPU memory goes from 1 to 4,096 GiB.");
    }
}

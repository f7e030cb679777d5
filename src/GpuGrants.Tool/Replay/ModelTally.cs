namespace GpuGrants.Tool.Replay;

/// <summary>What the service answered for one GPU model, in sums.</summary>
public sealed class ModelTally(string model)
{
    /// <summary>The GPU model; a denied request counts for the cheapest that would have suited.</summary>
    public string Model { get; } = model;

    public Sum Asked { get; set; }

    public Sum GrantedAtOnce { get; set; }

    public Sum Referred { get; set; }

    /// <summary>Of those referred to review.</summary>
    public Sum Approved { get; set; }

    /// <summary>By the rule that denied, or the reason's code when no quota rule did.</summary>
    public SortedDictionary<string, Sum> Denied { get; } = new(StringComparer.Ordinal);

    /// <summary>Usage records that the service took.</summary>
    public Sum Used { get; set; }

    /// <summary>Of closed grants.</summary>
    public Sum Returned { get; set; }

    /// <summary>What the last answer about each grant says it has left.</summary>
    public long HeldGpuSeconds { get; set; }

    public Sum AllDenied => Denied.Values.Aggregate(default(Sum), (sum, one) => sum + one);

    public Sum Granted => GrantedAtOnce + Approved;
}

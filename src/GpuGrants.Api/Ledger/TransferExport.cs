namespace GpuGrants.Api.Ledger;

/// <summary>All transfers of a period that the caller asked for and may see.</summary>
public sealed record TransferExport
{
    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>The transfers, tree by tree in the order in which they happened.</summary>
    public required IAsyncEnumerable<TransferView> Data { get; init; }
}

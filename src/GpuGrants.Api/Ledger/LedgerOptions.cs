using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Ledger;

/// <summary>Reading the ledger at length. Configuration section <c>Ledger</c>.</summary>
public sealed class LedgerOptions
{
    /// <summary>Statements and exports that one copy streams at one time; each holds a connection to the database.</summary>
    [Range(1, 100)]
    public int MaxStreams { get; set; } = 8;
}

using System.ComponentModel.DataAnnotations;
using GpuGrants.Units;

namespace GpuGrants.Api.Ledger;

/// <summary>What administrators may move alone, and how much of the ledger is read at once. Configuration section <c>Ledger</c>.</summary>
public sealed class LedgerOptions
{
    /// <summary>
    /// Above this number of credits a second person has to approve. 0 means for every transfer; 100,000,000,000, the largest transfer,
    /// means for none.
    /// </summary>
    [Range(typeof(decimal), "0", "100000000000")]
    public decimal SecondApprovalCredits { get; set; } = 1_000_000;

    /// <summary>Hours for which credits are held for a second person's approval.</summary>
    [Range(1, 8_760)]
    public int ApprovalHours { get; set; } = 168;

    /// <summary>
    /// Days after a grant's settlement in which its organization may dispute usage. What a provider earned by it is payable after them.
    /// </summary>
    [Range(0, 365)]
    public int DisputeDays { get; set; } = 7;

    /// <summary>The same as a stretch of time.</summary>
    internal TimeSpan DisputeWindow => TimeSpan.FromDays(DisputeDays);

    /// <summary>The limit on a lone approval in ledger units.</summary>
    internal long SecondApprovalUnits => (long)(SecondApprovalCredits * Credits.UnitsPerCredit);

    /// <summary>Statements and exports that one copy streams at one time; each holds a connection to the database.</summary>
    [Range(1, 100)]
    public int MaxStreams { get; set; } = 8;
}

namespace GpuGrants.Ledger.Accounts;

/// <summary>
/// Why amounts move: the codes that the service itself uses. Others are allowed: a lower-case word of at most 64 characters.
/// </summary>
public static class TransferReasons
{
    /// <summary>A programme gets credits.</summary>
    public const string Fund = "fund";

    /// <summary>Credits go from one programme to another.</summary>
    public const string Transfer = "transfer";

    /// <summary>A request was approved at once.</summary>
    public const string Award = "award";

    /// <summary>A request waits for a person.</summary>
    public const string Hold = "hold";

    /// <summary>A person approved what was held.</summary>
    public const string Reviewed = "reviewed";

    /// <summary>A person denied what was held.</summary>
    public const string Denied = "denied";

    /// <summary>The applicant withdrew what was held.</summary>
    public const string Withdrawn = "withdrawn";

    /// <summary>GPU time was used under a grant.</summary>
    public const string Usage = "usage";

    /// <summary>A usage record was corrected or voided.</summary>
    public const string UsageCorrected = "usage-corrected";

    /// <summary>A grant gets more, because more was used than was granted.</summary>
    public const string TopUp = "top-up";

    /// <summary>An organization disputes usage: its credits are held.</summary>
    public const string Disputed = "disputed";

    /// <summary>A dispute is over: what was held is the provider's again, or goes on to the grant.</summary>
    public const string DisputeEnded = "dispute-ended";

    /// <summary>What a grant did not use goes back.</summary>
    public const string Return = "return";

    /// <summary>Takes back a part or all of an earlier transfer.</summary>
    public const string Correction = "correction";

    /// <summary>Credits leave a budget for good.</summary>
    public const string WriteOff = "write-off";

    /// <summary>An offer gets more or less GPU time.</summary>
    public const string Capacity = "capacity";

    /// <summary>What an ended programme did not award.</summary>
    public const string Breakage = "breakage";

    /// <summary>The only reason with a rule of its own: a void for it is refused before the hold's expiry.</summary>
    public const string Expired = "expired";

    private const int MaxLength = 64;

    /// <summary>Whether a reason may be stored: a lower-case letter, then at most 63 lower-case letters, digits and hyphens.</summary>
    public static bool IsValid(string? reason)
    {
        if (reason is not { Length: > 0 and <= MaxLength } || reason[0] is < 'a' or > 'z')
            return false;
        foreach (var letter in reason)
        {
            if (letter is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'))
                return false;
        }

        return true;
    }
}

namespace GpuGrants.Ledger.Accounts;

/// <summary>
/// Why amounts move: the codes that the service itself uses. Others are allowed: a lower-case word of at most 64 characters.
/// </summary>
public static class TransferReasons
{
    public const string Fund = "fund";
    public const string Transfer = "transfer";
    public const string Award = "award";
    public const string Hold = "hold";
    public const string Reviewed = "reviewed";
    public const string Denied = "denied";
    public const string Withdrawn = "withdrawn";
    public const string Usage = "usage";
    public const string Return = "return";
    public const string Correction = "correction";
    public const string WriteOff = "write_off";
    public const string Capacity = "capacity";
    public const string Breakage = "breakage";

    /// <summary>The only reason with a rule of its own: a void for it is refused before the hold's expiry.</summary>
    public const string Expired = "expired";

    private const int MaxLength = 64;

    public static bool IsValid(string? reason)
    {
        if (reason is not { Length: > 0 and <= MaxLength } || reason[0] is < 'a' or > 'z')
            return false;
        foreach (var letter in reason)
        {
            if (letter is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '_'))
                return false;
        }

        return true;
    }
}

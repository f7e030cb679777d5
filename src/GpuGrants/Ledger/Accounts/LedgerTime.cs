namespace GpuGrants.Ledger.Accounts;

/// <summary>
/// The ledger's resolution of time is the database's, a microsecond: what is recorded is read back the same, and hashes the same.
/// </summary>
public static class LedgerTime
{
    /// <summary>Rounds down to whole microseconds, as the database keeps them.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset at) => at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond));

    /// <summary>Rounds down to whole microseconds, as the database keeps them.</summary>
    public static DateTimeOffset? Truncate(DateTimeOffset? at) => at is { } value ? Truncate(value) : null;

    /// <summary>Whole microseconds since 1970-01-01T00:00:00Z.</summary>
    public static long ToUnixMicroseconds(DateTimeOffset at) =>
        (at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;
}

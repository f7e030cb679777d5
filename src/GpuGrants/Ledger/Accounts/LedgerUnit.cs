namespace GpuGrants.Ledger.Accounts;

/// <summary>What an account counts: credits (in 1/3,600,000 credit) or the GPU-seconds of one model.</summary>
/// <remarks>Two accounts exchange amounts only when they have the same unit; no rate is ever applied inside the ledger.</remarks>
public readonly record struct LedgerUnit
{
    private const string CreditCode = "credit";
    private const string GpuPrefix = "gpu:";
    private const int MaxCodeLength = 104;

    private readonly string? _code;

    private LedgerUnit(string code) => _code = code;

    /// <summary>Credits, in 1/3,600,000 credit.</summary>
    public static LedgerUnit Credit { get; } = new(CreditCode);

    /// <summary>The text stored and shown: <c>credit</c> or <c>gpu:MODEL</c>. The default value is credit.</summary>
    public string Code => _code ?? CreditCode;

    /// <summary>Whether it counts credits; else it counts the GPU-seconds of a model.</summary>
    public bool IsCredit => Code == CreditCode;

    /// <summary>The GPU model counted, or null for credits.</summary>
    public string? GpuModel => IsCredit ? null : Code[GpuPrefix.Length..];

    /// <exception cref="ArgumentException">The model is empty, longer than 100 characters, or has control characters.</exception>
    public static LedgerUnit Gpu(string model)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        return TryParse(GpuPrefix + model, out var unit)
            ? unit
            : throw new ArgumentException("A GPU model has 1 to 100 characters and no control characters.", nameof(model));
    }

    /// <summary>Reads the stored text; false when it is neither <c>credit</c> nor <c>gpu:MODEL</c>.</summary>
    public static bool TryParse(string? text, out LedgerUnit unit)
    {
        unit = Credit;
        if (text == CreditCode)
            return true;
        if (text is null || text.Length <= GpuPrefix.Length || text.Length > MaxCodeLength)
            return false;
        if (!text.StartsWith(GpuPrefix, StringComparison.Ordinal) || text.Any(char.IsControl))
            return false;
        unit = new LedgerUnit(text);
        return true;
    }

    /// <exception cref="FormatException">The text is no unit.</exception>
    public static LedgerUnit Parse(string text) =>
        TryParse(text, out var unit) ? unit : throw new FormatException($"'{text}' is no ledger unit: 'credit' or 'gpu:MODEL'.");

    /// <inheritdoc/>
    public bool Equals(LedgerUnit other) => string.Equals(Code, other.Code, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => Code.GetHashCode(StringComparison.Ordinal);

    /// <summary>The code, as stored.</summary>
    public override string ToString() => Code;
}

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

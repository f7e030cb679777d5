namespace GpuGrants.Ledger.Accounts;

/// <summary>An account as a batch works on it: identity that never changes and counters that only <see cref="Book"/> changes.</summary>
public sealed class Account
{
    /// <exception cref="ArgumentException">The kind does not count this unit.</exception>
    public Account(
        Guid rootProgrammeId,
        Guid id,
        AccountKind kind,
        LedgerUnit unit,
        Guid ownerId,
        DateTimeOffset createdAt,
        Counters counters = default
    )
    {
        if (!kind.Accepts(unit))
            throw new ArgumentException($"A {kind.Code()} account cannot count {unit}.", nameof(unit));
        RootProgrammeId = rootProgrammeId;
        Id = id;
        Kind = kind;
        Unit = unit;
        OwnerId = ownerId;
        CreatedAt = createdAt;
        Counters = counters;
    }

    /// <summary>The tree that the account belongs to.</summary>
    public Guid RootProgrammeId { get; }

    /// <summary>Derived from kind, unit and owner: <see cref="AccountIds"/>.</summary>
    public Guid Id { get; }

    /// <summary>What the account is for, and whether it may be overdrawn.</summary>
    public AccountKind Kind { get; }

    /// <summary>What it counts; a transfer never changes the unit.</summary>
    public LedgerUnit Unit { get; }

    /// <summary>The programme, grant, provider or offer whose account it is.</summary>
    public Guid OwnerId { get; }

    /// <summary>When it was opened; rounded down to microseconds.</summary>
    public DateTimeOffset CreatedAt { get; }

    /// <summary>Whether debits, held ones included, may never exceed posted credits.</summary>
    public bool IsFloored => Kind.IsFloored();

    /// <summary>Debits and credits, pending and posted, at this moment.</summary>
    public Counters Counters { get; internal set; }

    /// <inheritdoc cref="Counters.Version"/>
    public long Version => Counters.Version;

    /// <inheritdoc cref="Counters.Available"/>
    public long Available => Counters.Available;

    /// <inheritdoc cref="Counters.Balance"/>
    public long Balance => Counters.Balance;
}

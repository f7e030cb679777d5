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

    public Guid RootProgrammeId { get; }

    public Guid Id { get; }

    public AccountKind Kind { get; }

    public LedgerUnit Unit { get; }

    /// <summary>The programme, grant, provider or offer whose account it is.</summary>
    public Guid OwnerId { get; }

    public DateTimeOffset CreatedAt { get; }

    public bool IsFloored => Kind.IsFloored();

    public Counters Counters { get; internal set; }

    /// <inheritdoc cref="Counters.Version"/>
    public long Version => Counters.Version;

    /// <inheritdoc cref="Counters.Available"/>
    public long Available => Counters.Available;

    /// <inheritdoc cref="Counters.Balance"/>
    public long Balance => Counters.Balance;
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

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

    /// <summary>The programme, grant, provider, offer or batch of codes whose account it is.</summary>
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

/// <summary>What an account is for. The table in docs/architecture.md gives owner and flow of each.</summary>
public enum AccountKind
{
    /// <summary>Where sponsors' credits come from; its balance is minus all that was ever issued.</summary>
    Issuance,

    /// <summary>What a programme may still award.</summary>
    Budget,

    /// <summary>What was awarded and not yet used: one account for credits and one for GPU time per grant.</summary>
    Grant,

    /// <summary>The credits that a provider earned in this tree.</summary>
    Earned,

    /// <summary>Budgets that expired or were written off.</summary>
    Breakage,

    /// <summary>Where a provider's GPU time comes from; its balance is minus all that was ever put up.</summary>
    Supply,

    /// <summary>What an offer can still promise.</summary>
    Capacity,

    /// <summary>GPU time that was used.</summary>
    Delivered,

    /// <summary>Credits that a provider earned and that an organization disputes.</summary>
    Disputed,

    /// <summary>What is reserved for codes that nobody redeemed yet: one account for credits and one for GPU time per batch.</summary>
    Codes,
}

/// <summary>The rules that hold for every account of a kind, and the kinds' stored names.</summary>
public static class AccountKinds
{
    private static readonly string[] Codes =
    [
        "issuance",
        "budget",
        "grant",
        "earned",
        "breakage",
        "supply",
        "capacity",
        "delivered",
        "disputed",
        "codes",
    ];

    /// <summary>The names of all kinds.</summary>
    public static IReadOnlyList<string> All => Codes;

    /// <summary>The name in the database and on the wire.</summary>
    public static string Code(this AccountKind kind) => Codes[(int)kind];

    /// <summary>Whether holds and debits together may never exceed posted credits. Only the two sources are free of it.</summary>
    public static bool IsFloored(this AccountKind kind) => kind is not (AccountKind.Issuance or AccountKind.Supply);

    /// <summary>Whether an account of this kind may count this unit.</summary>
    public static bool Accepts(this AccountKind kind, LedgerUnit unit) =>
        kind switch
        {
            AccountKind.Grant or AccountKind.Codes => true,
            AccountKind.Issuance or AccountKind.Budget or AccountKind.Earned or AccountKind.Breakage or AccountKind.Disputed =>
                unit.IsCredit,
            _ => !unit.IsCredit,
        };

    /// <exception cref="FormatException">The text names no kind.</exception>
    public static AccountKind Parse(string code) =>
        Array.IndexOf(Codes, code) is >= 0 and var index
            ? (AccountKind)index
            : throw new FormatException($"'{code}' is no account kind: one of {string.Join(", ", Codes)}.");
}

/// <summary>
/// Account ids are made from what the account is: the same kind, unit and owner always have the same account, so that nobody has to look
/// one up and two replicas can never make two.
/// </summary>
/// <remarks>
/// An id begins with the 48 bits with which the owner's UUIDv7 begins, its time. Accounts that are made together are therefore neighbours
/// in every index by account. With random ids, each new account and transfer would touch a page of its own, and log it.
/// </remarks>
public static class AccountIds
{
    private const int TimeBytes = 6;

    /// <summary>A UUIDv8 (RFC 9562): the owner's time, then 74 bits of the SHA-256 of owner, kind and unit.</summary>
    /// <returns>The same id for the same three, always.</returns>
    public static Guid Of(AccountKind kind, LedgerUnit unit, Guid ownerId)
    {
        Span<byte> text = stackalloc byte[16 + 128];
        ownerId.TryWriteBytes(text, bigEndian: true, out _);
        var length = 16 + Encoding.UTF8.GetBytes(kind.Code(), text[16..]);
        text[length++] = (byte)'|';
        var code = unit.Code;
        if (code.Length > 30 && Encoding.UTF8.GetByteCount(code) > text.Length - length)
            return OfLong(kind, code, ownerId);
        length += Encoding.UTF8.GetBytes(code, text[length..]);
        return FromHash(text[..length]);
    }

    /// <summary>Where all accounts of an owner lie, beside those of owners of the same millisecond.</summary>
    /// <param name="ownerId">The owner.</param>
    /// <returns>The first and the last id that such an account can have.</returns>
    public static (Guid First, Guid Last) RangeOf(Guid ownerId)
    {
        Span<byte> bytes = stackalloc byte[16];
        ownerId.TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[TimeBytes..].Clear();
        var first = new Guid(bytes, bigEndian: true);
        bytes[TimeBytes..].Fill(byte.MaxValue);
        return (first, new Guid(bytes, bigEndian: true));
    }

    private static Guid OfLong(AccountKind kind, string unit, Guid ownerId) =>
        FromHash([.. ownerId.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes($"{kind.Code()}|{unit}")]);

    /// <param name="text">Begins with the owner's id.</param>
    private static Guid FromHash(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        text[..TimeBytes].CopyTo(hash);
        var version = BinaryPrimitives.ReadUInt16BigEndian(hash[6..]);
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], (ushort)((version & 0x0FFF) | 0x8000));
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}

/// <summary>The four counters of an account and the number of transfers that made them: a snapshot.</summary>
/// <param name="DebitsPending">What open holds would take.</param>
/// <param name="DebitsPosted">All that ever left.</param>
/// <param name="CreditsPending">What open holds would bring.</param>
/// <param name="CreditsPosted">All that ever came.</param>
/// <param name="Version">How many transfers touched the account.</param>
public readonly record struct Counters(long DebitsPending, long DebitsPosted, long CreditsPending, long CreditsPosted, long Version)
{
    /// <summary>What may still leave: posted credits less posted and pending debits. Negative for sources.</summary>
    public long Available => CreditsPosted - DebitsPosted - DebitsPending;

    /// <summary>Posted credits less posted debits, holds left aside.</summary>
    public long Balance => CreditsPosted - DebitsPosted;
}

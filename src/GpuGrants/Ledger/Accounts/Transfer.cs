using System.Collections.Frozen;
using System.Reflection;

namespace GpuGrants.Ledger.Accounts;

/// <summary>What was recorded: a transfer, its place in the tree's order, and both accounts' counters after it.</summary>
/// <remarks>
/// <c>Sequence</c> is its number in the tree, from 1, without gaps and in commit order. <c>Amount</c> is for a post the part that moved,
/// for a void the whole hold. <c>PendingId</c> is the hold that a post or void ends, <c>CorrectsId</c> the earlier transfer that it
/// reverses in whole or in part, <c>ChainId</c> the first transfer's id of the chain it was recorded with; null when it stood alone.
/// </remarks>
public sealed record Transfer(
    Guid RootProgrammeId,
    Guid Id,
    long Sequence,
    TransferKind Kind,
    Guid DebitAccountId,
    Guid CreditAccountId,
    LedgerUnit Unit,
    long Amount,
    Guid? PendingId,
    DateTimeOffset? ExpiresAt,
    Guid? ChainId,
    Guid? CorrectsId,
    string Reason,
    string? Note,
    TransferContext Context,
    DateTimeOffset CreatedAt,
    Counters DebitAfter,
    Counters CreditAfter
);

/// <summary>What a transfer is about, and who acted through which client for whom. One instance serves a whole chain.</summary>
/// <param name="RequestId">The request whose decision moves the amount.</param>
/// <param name="GrantId">The grant that gains, uses or returns the amount.</param>
/// <param name="ProgrammeId">The programme, which may be any of the tree.</param>
/// <param name="ActorId">The principal that acted; null when the service did, as for an expiry.</param>
/// <param name="ClientId">The OAuth client that the principal acted through.</param>
/// <param name="OnBehalfOf">For whom a partner acted.</param>
public sealed record TransferContext(
    Guid? RequestId = null,
    Guid? GrantId = null,
    Guid? ProgrammeId = null,
    Guid? ActorId = null,
    string? ClientId = null,
    Guid? OnBehalfOf = null
)
{
    /// <summary>A transfer that belongs to no request, grant or person.</summary>
    public static TransferContext None { get; } = new();
}

/// <summary>How a transfer moves an amount.</summary>
public enum TransferKind
{
    /// <summary>At once and for good.</summary>
    Posted,

    /// <summary>A hold: the amount is reserved on both accounts until it is posted, voided or expires.</summary>
    Pending,

    /// <summary>Ends a hold by moving all or part of it; the rest returns.</summary>
    Post,

    /// <summary>Ends a hold by returning all of it.</summary>
    Void,
}

/// <summary>The stored names of <see cref="TransferKind"/>.</summary>
public static class TransferKinds
{
    private static readonly string[] Codes = ["posted", "pending", "post", "void"];

    /// <summary>The word by which the kind is stored and answered.</summary>
    public static string Code(this TransferKind kind) => Codes[(int)kind];

    /// <summary>Whether the transfer ends a hold.</summary>
    public static bool EndsHold(this TransferKind kind) => kind is TransferKind.Post or TransferKind.Void;

    /// <exception cref="FormatException">The text names no kind.</exception>
    public static TransferKind Parse(string code) =>
        Array.IndexOf(Codes, code) is >= 0 and var index
            ? (TransferKind)index
            : throw new FormatException($"'{code}' is no transfer kind: one of {string.Join(", ", Codes)}.");
}

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

    /// <summary>A grant goes on as another one, on another offer.</summary>
    public const string Move = "move";

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

    /// <summary>A quote pins GPU time.</summary>
    public const string Quote = "quote";

    /// <summary>A request used what a quote had pinned.</summary>
    public const string QuoteUsed = "quote-used";

    /// <summary>GPU time of a tranche passed undelivered.</summary>
    public const string Undelivered = "undelivered";

    /// <summary>A batch of codes was minted.</summary>
    public const string Reserve = "reserve";

    /// <summary>A code was redeemed, or its batch ended: what was reserved is free again.</summary>
    public const string Release = "release";

    /// <summary>What an ended programme did not award.</summary>
    public const string Breakage = "breakage";

    /// <summary>The only reason with a rule of its own: a void for it is refused before the hold's expiry.</summary>
    public const string Expired = "expired";

    private const int MaxLength = 64;

    // All that stand above: a list beside them would lack the next one.
    private static readonly FrozenSet<string> Service = typeof(TransferReasons)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.IsLiteral)
        .Select(field => (string)field.GetRawConstantValue()!)
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether only the service itself gives this reason, so that nobody's transfer by hand looks like a decision.</summary>
    public static bool IsOfService(string reason) => Service.Contains(reason);

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

using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Ledger;

/// <summary>A ledger account. Amounts are in the unit: credits, or GPU-seconds of one model.</summary>
public sealed record AccountView
{
    public required Guid Id { get; init; }

    public required Guid RootProgrammeId { get; init; }

    /// <summary>issuance, budget, grant, earned, breakage, supply, capacity, delivered or disputed.</summary>
    public required string Kind { get; init; }

    /// <summary><c>credit</c>, or <c>gpu:MODEL</c> counted in GPU-seconds.</summary>
    public required string Unit { get; init; }

    /// <summary>The programme, grant, provider or offer whose account it is.</summary>
    public required Guid OwnerId { get; init; }

    public required decimal DebitsPending { get; init; }

    public required decimal DebitsPosted { get; init; }

    public required decimal CreditsPending { get; init; }

    public required decimal CreditsPosted { get; init; }

    /// <summary>Posted credits less posted debits.</summary>
    public required decimal Balance { get; init; }

    /// <summary>The balance less what open holds would take.</summary>
    public required decimal Available { get; init; }

    /// <summary>
    /// Of what a provider earned: credits of grants that nobody may dispute any more. Only in the answer about a single account, as of now.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Payable { get; init; }

    /// <summary>Whether the account can never give more than it got.</summary>
    public required bool Floored { get; init; }

    /// <summary>The moment that the amounts are of.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>How many transfers touched it.</summary>
    public required long Version { get; init; }

    public static AccountView Of(AccountRow row) => Of(row, row.ToCounters(), null);

    public static AccountView Of(AccountRow row, Counters counters, DateTimeOffset? asOf) =>
        new()
        {
            Id = row.Id,
            RootProgrammeId = row.RootProgrammeId,
            Kind = row.Kind.Code(),
            Unit = row.Unit,
            OwnerId = row.OwnerId,
            DebitsPending = Amount(counters.DebitsPending, row.Unit),
            DebitsPosted = Amount(counters.DebitsPosted, row.Unit),
            CreditsPending = Amount(counters.CreditsPending, row.Unit),
            CreditsPosted = Amount(counters.CreditsPosted, row.Unit),
            Balance = Amount(counters.Balance, row.Unit),
            Available = Amount(counters.Available, row.Unit),
            Floored = row.Floored,
            AsOf = asOf,
            Version = counters.Version,
        };

    public static decimal Amount(long amount, string unit) => unit == "credit" ? Wire.Credits(amount) : amount;
}

/// <summary>A transfer between two accounts of one unit.</summary>
public sealed record TransferView
{
    public required Guid Id { get; init; }

    public required Guid RootProgrammeId { get; init; }

    /// <summary>Its number in the tree, without gaps and in commit order.</summary>
    public required long Sequence { get; init; }

    /// <summary>posted, pending, post or void.</summary>
    public required string Kind { get; init; }

    public required Guid DebitAccountId { get; init; }

    public required Guid CreditAccountId { get; init; }

    public required string Unit { get; init; }

    /// <summary>Credits, or GPU-seconds.</summary>
    public required decimal Amount { get; init; }

    /// <summary>The amount exactly: 1/3,600,000 credit, or GPU-seconds.</summary>
    public required long AmountUnits { get; init; }

    public required string Reason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }

    /// <summary>The hold that a post or void ends.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? PendingId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The first transfer of the chain that it belongs to: all of a chain, or nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ChainId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? CorrectsId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? RequestId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? GrantId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ProgrammeId { get; init; }

    /// <summary>Who acted; left out when the service did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ActorId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClientId { get; init; }

    /// <summary>For whom a partner acted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? OnBehalfOf { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>In lists that ask for changes. It never changes, so it was changed last when it was made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>The transfer in a list that asks for changes.</summary>
    public static TransferView Listed(TransferRow row) => Of(row) with { UpdatedAt = row.CreatedAt };

    public static TransferView Of(TransferRow row) =>
        new()
        {
            Id = row.Id,
            RootProgrammeId = row.RootProgrammeId,
            Sequence = row.Sequence,
            Kind = row.Kind.Code(),
            DebitAccountId = row.DebitAccountId,
            CreditAccountId = row.CreditAccountId,
            Unit = row.Unit,
            Amount = AccountView.Amount(row.Amount, row.Unit),
            AmountUnits = row.Amount,
            Reason = row.Reason,
            Note = row.Note,
            PendingId = row.PendingId,
            ExpiresAt = row.ExpiresAt,
            ChainId = row.ChainId,
            CorrectsId = row.CorrectsId,
            RequestId = row.RequestId,
            GrantId = row.GrantId,
            ProgrammeId = row.ProgrammeId,
            ActorId = row.ActorId,
            ClientId = row.ClientId,
            OnBehalfOf = row.OnBehalfOf,
            CreatedAt = row.CreatedAt,
        };
}

using System.Text.Json.Serialization;

namespace GpuGrants.Api.Ledger;

/// <summary>An account's transfers in a period, all of them, with the balances that they lead from and to.</summary>
public sealed record StatementView
{
    public required Guid AccountId { get; init; }

    public required string Unit { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    public required decimal OpeningBalance { get; init; }

    public required decimal ClosingBalance { get; init; }

    /// <summary>Sum of what came; openingBalance + came − left = closingBalance, to the last decimal that is shown.</summary>
    public required decimal Came { get; init; }

    public required decimal Left { get; init; }

    /// <summary>The opening balance exactly: 1/3,600,000 credit, or GPU-seconds.</summary>
    public required long OpeningUnits { get; init; }

    /// <summary>The closing balance exactly: openingUnits and all lines' amountUnits together.</summary>
    public required long ClosingUnits { get; init; }

    /// <summary>Of what a provider earned: what is payable now, whatever the period. Left out for other accounts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Payable { get; init; }

    /// <summary>Every posted transfer, in the order in which they happened.</summary>
    public required IAsyncEnumerable<StatementLine> Lines { get; init; }
}

/// <summary>One posted transfer of a statement.</summary>
/// <param name="TransferId">The transfer.</param>
/// <param name="At">When.</param>
/// <param name="Amount">Positive when it came, negative when it left: by how much the shown balance changes.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="AmountUnits">The amount exactly: 1/3,600,000 credit, or GPU-seconds.</param>
/// <param name="BalanceUnits">The balance after it exactly.</param>
/// <param name="Reason">Why.</param>
/// <param name="CounterAccountId">The other account.</param>
public sealed record StatementLine(
    Guid TransferId,
    DateTimeOffset At,
    decimal Amount,
    decimal Balance,
    long AmountUnits,
    long BalanceUnits,
    string Reason,
    Guid CounterAccountId
)
{
    internal static StatementLine Of(TransferRow row, Guid account)
    {
        var comes = row.CreditAccountId == account;
        var units = comes ? row.Amount : -row.Amount;
        var balance = comes ? row.CreditCreditsPosted - row.CreditDebitsPosted : row.DebitCreditsPosted - row.DebitDebitsPosted;
        return new StatementLine(
            row.Id,
            row.CreatedAt,
            AccountView.Amount(balance, row.Unit) - AccountView.Amount(balance - units, row.Unit),
            AccountView.Amount(balance, row.Unit),
            units,
            balance,
            row.Reason,
            comes ? row.DebitAccountId : row.CreditAccountId
        );
    }
}

using System.Runtime.CompilerServices;

namespace GpuGrants.Api.Ledger;

/// <summary>A row of a statement as a table: the opening balance, a transfer, or the closing balance.</summary>
internal sealed record StatementRow
{
    public required string Line { get; init; }

    public required DateTimeOffset At { get; init; }

    public decimal? Amount { get; init; }

    public required decimal Balance { get; init; }

    public long? AmountUnits { get; init; }

    public required long BalanceUnits { get; init; }

    public Guid? TransferId { get; init; }

    public string? Reason { get; init; }

    public Guid? CounterAccountId { get; init; }

    public static async IAsyncEnumerable<StatementRow> Of(StatementView statement, [EnumeratorCancellation] CancellationToken cancellation)
    {
        yield return Balanced("opening", statement.From, statement.OpeningBalance, statement.OpeningUnits);
        await foreach (var line in statement.Lines.WithCancellation(cancellation))
            yield return new StatementRow
            {
                Line = "transfer",
                At = line.At,
                Amount = line.Amount,
                Balance = line.Balance,
                AmountUnits = line.AmountUnits,
                BalanceUnits = line.BalanceUnits,
                TransferId = line.TransferId,
                Reason = line.Reason,
                CounterAccountId = line.CounterAccountId,
            };
        yield return Balanced("closing", statement.To, statement.ClosingBalance, statement.ClosingUnits);
    }

    private static StatementRow Balanced(string line, DateTimeOffset at, decimal balance, long units) =>
        new()
        {
            Line = line,
            At = at,
            Balance = balance,
            BalanceUnits = units,
        };
}

namespace GpuGrants.Ledger.Accounts;

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
    ];

    /// <summary>The name in the database and on the wire.</summary>
    public static string Code(this AccountKind kind) => Codes[(int)kind];

    /// <summary>Whether holds and debits together may never exceed posted credits. Only the two sources are free of it.</summary>
    public static bool IsFloored(this AccountKind kind) => kind is not (AccountKind.Issuance or AccountKind.Supply);

    /// <summary>Whether an account of this kind may count this unit.</summary>
    public static bool Accepts(this AccountKind kind, LedgerUnit unit) =>
        kind switch
        {
            AccountKind.Grant => true,
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

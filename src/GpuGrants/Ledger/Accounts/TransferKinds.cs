namespace GpuGrants.Ledger.Accounts;

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

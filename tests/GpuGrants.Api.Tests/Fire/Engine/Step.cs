namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>One transfer as the fire tests ask for it.</summary>
/// <param name="Kind">How it moves.</param>
/// <param name="Id">The transfer's id.</param>
/// <param name="From">The owner of the debited budget; the tree itself for new credits. Unused for a post or void.</param>
/// <param name="To">The owner of the credited budget. Unused for a post or void.</param>
/// <param name="Amount">In 1/3,600,000 credit; 0 for all of a hold.</param>
/// <param name="Pending">The hold that a post or void ends.</param>
/// <param name="HeldFor">How long a hold lasts from the batch's time.</param>
/// <param name="Corrects">The transfer that a correction names.</param>
/// <param name="Reason">The transfer's reason.</param>
internal sealed record Step(
    TransferKind Kind,
    Guid Id,
    Guid From = default,
    Guid To = default,
    long Amount = 0,
    Guid? Pending = null,
    TimeSpan HeldFor = default,
    Guid? Corrects = null,
    string Reason = "fire"
)
{
    public static Step Post(Guid from, Guid to, long amount) => new(TransferKind.Posted, Guid.CreateVersion7(), from, to, amount);

    public static Step Hold(Guid from, Guid to, long amount, TimeSpan @for) =>
        new(TransferKind.Pending, Guid.CreateVersion7(), from, to, amount, HeldFor: @for);

    public static Step End(Guid hold, long amount = 0) => new(TransferKind.Post, Guid.CreateVersion7(), Amount: amount, Pending: hold);

    public static Step Void(Guid hold, string reason = "fire") =>
        new(TransferKind.Void, Guid.CreateVersion7(), Pending: hold, Reason: reason);

    /// <summary>Moves part of <paramref name="original"/> back.</summary>
    public static Step Correct(Step original, long amount) =>
        new(TransferKind.Posted, Guid.CreateVersion7(), original.To, original.From, amount, Corrects: original.Id);

    /// <summary>The tree's own account is where credits come from; all others are budgets.</summary>
    public static AccountKind KindOf(Guid owner, Guid tree) => owner == tree ? AccountKind.Issuance : AccountKind.Budget;

    /// <summary>The step as the ledger takes it at that moment.</summary>
    public TransferOrder Order(Func<Guid, Account> accountOf, DateTimeOffset at)
    {
        if (Kind == TransferKind.Post)
            return TransferOrder.Post(Id, Pending!.Value, Amount, Reason);
        if (Kind == TransferKind.Void)
            return TransferOrder.Void(Id, Pending!.Value, Reason);
        var (from, to) = (accountOf(From), accountOf(To));
        return Kind == TransferKind.Pending
            ? TransferOrder.Pending(Id, from, to, Amount, at + HeldFor, Reason)
            : TransferOrder.Posted(Id, from, to, Amount, Reason) with
            {
                CorrectsId = Corrects,
            };
    }
}

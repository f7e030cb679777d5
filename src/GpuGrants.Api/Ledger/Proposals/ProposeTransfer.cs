using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;

namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>Moves credits at once up to the limit for one person; holds them above it, until a second one has decided.</summary>
public sealed class ProposeTransfer : Command<TransferProposed>
{
    /// <summary>One of <see cref="ProposalKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>The programme that gains, or that writes off; of a correction the one that the corrected transfer was about.</summary>
    public required Guid ProgrammeId { get; init; }

    public Guid? FromProgrammeId { get; init; }

    public Guid? CorrectsId { get; init; }

    /// <summary>In 1/3,600,000 credit.</summary>
    public required long Amount { get; init; }

    public required string Reason { get; init; }

    /// <summary>What one person moves alone, in 1/3,600,000 credit.</summary>
    public required long AloneLimit { get; init; }

    /// <summary>Who proposes. Whoever belongs to those who gain moves nothing alone.</summary>
    public required Decider Decider { get; init; }

    public required TimeSpan ApprovalTime { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        Decider.Plan(batch);
        if (CorrectsId is { } corrected)
            batch.WantTransfer(Tree, corrected);
        if (Accounts(tree) is { } accounts)
            ProposalSteps.PlanAccounts(batch, tree, accounts.Debit, accounts.Credit);
    }

    public override Outcome<TransferProposed> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (Accounts(tree) is not { } accounts)
            return Refusal.Invalid("correctsId", "There is no such transfer.");
        if (Check(batch, tree, accounts.Debit, accounts.Credit) is { } refused)
            return refused;
        // The second person is no second one when nobody knows who the first is.
        if (Amount > AloneLimit && Decider.RefuseUnproved(batch) is { } unproved)
            return unproved;
        var row = NewRow(tree, accounts.Debit, accounts.Credit, MovesAlone(batch, tree, accounts));
        if (!tree.TryPost([Order(tree, row)], out var refusal))
            return Refusal.OfCredits(refusal);
        batch.Rows<TransferProposal>().Insert(row);
        ProposalSteps.RecordEvent(batch, Actor, row);
        return new TransferProposed(row, tree.Transfers[^1]);
    }

    private (Guid Debit, Guid Credit)? Accounts(TreeChanges tree)
    {
        if (Kind == ProposalKinds.Correction)
            return tree.State.Book.TryGetTransfer(CorrectsId!.Value, out var original)
                ? (original.CreditAccountId, original.DebitAccountId)
                : null;
        var mine = Id(AccountKind.Budget, ProgrammeId);
        return Kind switch
        {
            ProposalKinds.Fund => (Id(AccountKind.Issuance, Tree.Value), mine),
            ProposalKinds.Transfer => (Id(AccountKind.Budget, FromProgrammeId!.Value), mine),
            _ => (mine, Id(AccountKind.Breakage, Tree.Value)),
        };

        static Guid Id(AccountKind kind, Guid owner) => AccountIds.Of(kind, LedgerUnit.Credit, owner);
    }

    private Refusal? Check(BatchState batch, TreeChanges tree, Guid debit, Guid credit)
    {
        var names = new HandAccounts(tree);
        if (names.Find(debit) is not { MovesByHand: true } || names.Find(credit) is not { MovesByHand: true })
            return Refusal.Conflict(
                "account-not-by-hand",
                "The transfer belongs to a grant or moves GPU time. Only decisions, usage and the end of grants move these.",
                "correctsId"
            );
        if (ProposalSteps.CheckGainer(batch, tree, credit) is { } ended)
            return ended;
        // The ledger checks a correction only when it is posted. This check tells the caller at once when the held amount is too large.
        if (CorrectsId is not { } corrected || !tree.State.Book.TryGetTransfer(corrected, out var original))
            return null;
        if (original.Kind is TransferKind.Pending or TransferKind.Void)
            return Refusal.Conflict("corrected-not-posted", "Correct a transfer that moved an amount. End a hold by a void.", "correctsId");
        return Amount <= original.Amount
            ? null
            : Refusal.Conflict(
                "amount-exceeds-corrected",
                $"The transfer moved {Wire.Credits(original.Amount)} credits. Correct at most that amount.",
                "credits"
            );
    }

    private bool MovesAlone(BatchState batch, TreeChanges tree, (Guid Debit, Guid Credit) accounts) =>
        Amount <= AloneLimit && Decider.IsIndependent(batch, tree.At, TransferParties.Of(tree, accounts.Debit, accounts.Credit));

    private TransferProposal NewRow(TreeChanges tree, Guid debit, Guid credit, bool movesAlone)
    {
        var id = Guid.CreateVersion7(tree.At);
        var waits = !movesAlone;
        return new TransferProposal
        {
            RootProgrammeId = Tree.Value,
            Id = id,
            Kind = Kind,
            Status = waits ? ProposalStatus.AwaitingApproval : ProposalStatus.Posted,
            ProgrammeId = ProgrammeId,
            FromProgrammeId = FromProgrammeId,
            CorrectsId = CorrectsId,
            DebitAccountId = debit,
            CreditAccountId = credit,
            Amount = Amount,
            Reason = Reason,
            TransferId = waits ? null : id,
            ExpiresAt = waits ? tree.At + ApprovalTime : null,
            ProposedBy = Actor.PrincipalId,
            ClientId = Actor.ClientId,
            OnBehalfOf = Actor.OnBehalfOf,
            Version = 1,
            CreatedAt = tree.At,
            UpdatedAt = tree.At,
        };
    }

    private TransferOrder Order(TreeChanges tree, TransferProposal row)
    {
        var names = new HandAccounts(tree);
        names.Ensure(row.DebitAccountId);
        names.Ensure(row.CreditAccountId);
        return new TransferOrder
        {
            Id = row.Id,
            Kind = row.ExpiresAt is null ? TransferKind.Posted : TransferKind.Pending,
            DebitAccountId = row.DebitAccountId,
            CreditAccountId = row.CreditAccountId,
            Amount = row.Amount,
            ExpiresAt = row.ExpiresAt,
            // A hold corrects nothing; the approval's transfer does.
            CorrectsId = row.ExpiresAt is null ? row.CorrectsId : null,
            Reason = ProposalSteps.TransferReason(row.Kind),
            Note = row.Reason,
            Context = ProposalSteps.Context(row, Actor),
        };
    }
}

/// <summary>A proposal, and the transfer that moved its credits at once or holds them for a second person.</summary>
public sealed record TransferProposed(TransferProposal Proposal, Transfer Transfer);

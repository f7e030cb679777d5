using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;

namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>What proposing, deciding and expiring proposals share.</summary>
internal static class ProposalSteps
{
    /// <summary>Wants the accounts, and the programme whose budget gains.</summary>
    public static void PlanAccounts(BatchState batch, TreeChanges tree, Guid debit, Guid credit)
    {
        tree.WantAccount(debit);
        tree.WantAccount(credit);
        if (new HandAccounts(tree).Find(credit) is { Kind: AccountKind.Budget } budget)
            batch.Rows<Programme>().Want(new RowKey(budget.OwnerId));
    }

    /// <summary>Credits do not move to a programme that has ended.</summary>
    public static Refusal? CheckGainer(BatchState batch, TreeChanges tree, Guid credit) =>
        new HandAccounts(tree).CheckGainer(batch, credit, "programmeId");

    public static TransferContext Context(TransferProposal row, Actor actor) =>
        new(ProgrammeId: row.ProgrammeId, ActorId: actor.PrincipalId, ClientId: actor.ClientId, OnBehalfOf: actor.OnBehalfOf);

    /// <summary>The proposal's kind as a transfer's reason.</summary>
    public static string TransferReason(string kind) =>
        kind switch
        {
            ProposalKinds.Fund => TransferReasons.Fund,
            ProposalKinds.Transfer => TransferReasons.Transfer,
            ProposalKinds.WriteOff => TransferReasons.WriteOff,
            _ => TransferReasons.Correction,
        };

    /// <summary>The whole audit trail goes into the event, so that the log stands by itself.</summary>
    public static void RecordEvent(BatchState batch, Actor actor, TransferProposal row)
    {
        batch.RecordEvent(
            TreeId.Of(row.RootProgrammeId),
            actor,
            LedgerEvents.Proposal(row.Status),
            new ProposalData(row.Id, row.Kind, row.Status, row.ProgrammeId, Wire.Credits(row.Amount))
        );
    }

    /// <summary>Ends the row's wait.</summary>
    public static void Decided(BatchState batch, TransferProposal row, string status, Actor? second, string? comment)
    {
        var at = batch.Tree(TreeId.Of(row.RootProgrammeId)).At;
        row.Status = status;
        row.DecidedBy = second?.PrincipalId;
        row.DecidedClientId = second?.ClientId;
        row.Comment = comment;
        row.DecidedAt = at;
        batch.Change(row, at);
        RecordEvent(batch, second ?? Actor.Service, row);
    }
}

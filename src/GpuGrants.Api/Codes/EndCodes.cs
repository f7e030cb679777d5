using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Codes;

/// <summary>Ends a batch: what is reserved for codes that nobody redeemed returns. Sweeps do so when the batch's time is over.</summary>
internal sealed class EndCodes : Command<CodeBatch>
{
    public required Guid BatchId { get; init; }

    /// <summary>The version that the caller read; null when it takes any.</summary>
    public ExpectedVersions? ExpectedVersion { get; init; }

    public override void Plan(BatchState batch)
    {
        if (batch.Rows<CodeBatch>().TryRead(new RowKey(Tree.Value, BatchId), out var row) && row is not null)
            CodeAmounts.Plan(batch.Tree(Tree), row);
    }

    public override Outcome<CodeBatch> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!batch.Unchanged<CodeBatch>(new RowKey(Tree.Value, BatchId), ExpectedVersion).TryGet(out var row, out var no))
            return no;
        if (row.Status == CodeBatch.Ended)
            return Refusal.Conflict("code-batch-ended", "The batch has ended already.", "status");
        CodeAmounts.Release(tree, row, row.Count - row.Redeemed, Actor);
        row.Status = CodeBatch.Ended;
        row.EndedBy = Actor.IsService ? null : Actor.PrincipalId;
        row.EndedAt = tree.At;
        batch.Change(row, tree.At);
        batch.RecordEvent(Tree, Actor, CodeEvents.Ended, CodeCalls.DataOf(row));
        return row;
    }
}

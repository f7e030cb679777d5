using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Decisions;

/// <summary>
/// Quotes that expired. What they pin is free from that moment on, so whoever promises or withdraws GPU time first lets them expire.
/// </summary>
public sealed class LapsedQuotes : LapsingRows
{
    protected override string Sql { get; } = Due("quotes", $"r.status = '{QuoteStatus.Open}'", "expires_at");

    /// <summary>Wants the quotes that are due, when one may be, and what their ends need.</summary>
    public static void Plan(BatchState batch, TreeChanges tree)
    {
        foreach (var id in batch.Table<LapsedQuotes>().PlanDue(tree))
            PlanEnd(batch, tree, id);
    }

    /// <summary>Wants what the end of one quote needs.</summary>
    public static void PlanEnd(BatchState batch, TreeChanges tree, Guid id)
    {
        if (!batch.Rows<Quote>().TryRead(new RowKey(tree.RootProgrammeId, id), out var row) || row is null)
            return;
        var unit = LedgerUnit.Gpu(row.GpuModelId);
        batch.WantHold(tree.Id, row.TimeHoldId);
        tree.WantAccount(AccountIds.Of(AccountKind.Capacity, unit, row.OfferId));
        tree.WantAccount(AccountIds.Of(AccountKind.Grant, unit, row.GrantId));
    }

    /// <summary>Lets them expire, once per batch.</summary>
    public static void Close(BatchState batch, TreeChanges tree) =>
        batch
            .Table<LapsedQuotes>()
            .EndDue(
                tree,
                id =>
                {
                    if (
                        batch.Rows<Quote>().Find(new RowKey(tree.RootProgrammeId, id)) is { Status: QuoteStatus.Open } row
                        && row.ExpiresAt <= tree.At
                    )
                        End(batch, tree, row, QuoteStatus.Expired, Actor.Service);
                }
            );

    /// <summary>A quote begins.</summary>
    public static void Made(BatchState batch, TreeChanges tree, Quote row) => batch.Table<LapsedQuotes>().Begin(tree, row.ExpiresAt);

    /// <summary>Frees what the quote pins and closes it. What its end needs must have been wanted.</summary>
    /// <exception cref="InvalidOperationException">The ledger refuses to void a hold that is open. That is a defect.</exception>
    public static void End(BatchState batch, TreeChanges tree, Quote row, string status, Actor actor)
    {
        tree.Post([
            TransferOrder.Void(
                Guid.CreateVersion7(tree.At),
                row.TimeHoldId,
                status == QuoteStatus.Used ? TransferReasons.QuoteUsed : TransferReasons.Expired,
                actor.About(row.RequestId, row.GrantId, row.ProgrammeId)
            ),
        ]);
        row.Status = status;
        batch.Change(row, tree.At);
        batch.RecordEvent(tree.Id, actor, status == QuoteStatus.Used ? QuoteEvents.Used : QuoteEvents.Expired, DataOf(row), row.Livemode);
    }

    /// <summary>What an event tells of a quote.</summary>
    public static QuoteData DataOf(Quote row) =>
        new(
            row.Id,
            row.ProgrammeId,
            row.OrganizationId,
            row.OfferId,
            row.Status,
            Wire.Hours(row.GpuSeconds),
            row.Status == QuoteStatus.Used ? row.RequestId : null
        );
}

using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Programmes;

/// <summary>
/// Ends a programme and all below it in one act. What their budgets have left goes to the nearest programme above that has not ended, else
/// to breakage. What comes back later takes the same way.
/// </summary>
internal sealed class EndProgramme : Command<Programme>
{
    public required Guid ProgrammeId { get; init; }

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        batch.Rows<Programme>().Want(new RowKey(ProgrammeId));
        if (!tree.Config.Programmes.TryGetValue(ProgrammeId, out var programme))
            return;
        tree.WantAccount(Onward(tree, programme.Path).Id);
        foreach (var one in Below(tree))
        {
            batch.Rows<Programme>().Want(new RowKey(one));
            tree.WantAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, one));
        }
    }

    public override Outcome<Programme> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var rows = batch.Rows<Programme>();
        if (rows.Find(new RowKey(ProgrammeId)) is not { } programme)
            return Refusal.NotFound;
        if (programme.Status == "ended")
            return Refusal.Conflict("programme-ended", "The programme has ended for good.", "status");
        var onward = Onward(tree, programme.Path);
        List<Programme> all =
        [
            .. rows.Inserts.Where(row => row.Path.Contains(ProgrammeId)),
            .. Below(tree).Select(id => rows.Find(new RowKey(id))!),
        ];
        foreach (var row in all.DistinctBy(row => row.Id).Where(row => row.Status != "ended").OrderByDescending(row => row.Path.Length))
            End(batch, tree, row, onward);
        return programme;
    }

    private void End(BatchState batch, TreeChanges tree, Programme row, ReturnAccount onward)
    {
        row.Status = "ended";
        row.EndsAt = EndOf(row, tree.At);
        batch.Change(row, tree.At);
        batch.RecordEvent(Tree, Actor, ProgrammeEvents.Ended, new ProgrammeData(row.Id, row.Status, row.Version), row.Livemode);
        tree.MarkConfigChanged();
        var account = AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, row.Id);
        tree.MarkEnded(account, onward);
        if (!tree.Config.Programmes.ContainsKey(row.Id) || tree.FindAccount(account) is not { Available: > 0 } budget)
            return;
        tree.PassOn(budget, onward, new TransferContext(ProgrammeId: row.Id, ActorId: Actor.PrincipalId, ClientId: Actor.ClientId));
    }

    /// <summary>Now, and after the start in any case.</summary>
    private static DateTimeOffset? EndOf(Programme row, DateTimeOffset now) =>
        now > row.StartsAt ? now
        : row.StartsAt < DateTimeOffset.MaxValue.AddMicroseconds(-1) ? row.StartsAt.AddMicroseconds(1)
        : row.EndsAt;

    private ReturnAccount Onward(TreeChanges tree, IReadOnlyList<Guid> path) =>
        ReturnAccount.Of(Tree, tree.Config.Programmes, [.. path.Where(id => id != ProgrammeId)]);

    /// <summary>The programme and all below it that the configuration knows.</summary>
    private IEnumerable<Guid> Below(TreeChanges tree) =>
        tree.Config.Programmes.Values.Where(one => one.Path.Contains(ProgrammeId)).Select(one => one.Id);
}

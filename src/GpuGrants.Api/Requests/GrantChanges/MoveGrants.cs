using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>
/// Moves many grants of one offer in one transaction. Each is moved by the command that moves a single one, at its own turn: one that is
/// refused changes nothing, and the others stand.
/// </summary>
internal sealed class MoveGrants : Command<MovesView>
{
    /// <summary>All in the command's tree.</summary>
    public required IReadOnlyList<MoveGrant> Moves { get; init; }

    /// <summary>Whether the offer has open grants beyond these.</summary>
    public required bool HasMore { get; init; }

    /// <summary>Of the refusals.</summary>
    public required string Language { get; init; }

    public override void Plan(BatchState batch)
    {
        foreach (var move in Moves)
            move.Plan(batch);
    }

    public override Outcome<MovesView> Decide(BatchState batch) =>
        new MovesView { Results = [.. Moves.Select(move => ResultOf(move, batch))], HasMore = HasMore };

    private MoveResult ResultOf(MoveGrant move, BatchState batch) =>
        move.Decide(batch).TryGet(out var moved, out var refusal)
            ? MoveResult.Of(move.GrantId, moved)
            : MoveResult.Refused(move.GrantId, refusal.In(Language));
}

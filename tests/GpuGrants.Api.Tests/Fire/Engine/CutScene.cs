using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// A tree of its own, and calls whose effect together is known to the unit: whatever is cut, all of them are answered in the end.
/// </summary>
internal sealed class CutScene
{
    private readonly Guid _rich = Guid.NewGuid();
    private readonly Guid _poor = Guid.NewGuid();

    private CutScene()
    {
        var hold = Step.Hold(_rich, _poor, 20, TimeSpan.FromHours(1));
        Chains =
        [
            [Step.Post(_rich, _poor, 10)],
            [hold, Step.End(hold.Id, 15)],
            [Step.Post(_rich, _poor, 1_000)],
            [Step.Post(_rich, Guid.NewGuid(), 5)],
        ];
    }

    public Guid Tree { get; } = Guid.CreateVersion7();

    /// <summary>The third is refused: it is more than there is.</summary>
    public IReadOnlyList<Step[]> Chains { get; }

    public static async Task<CutScene> CreateAsync(Replica replica)
    {
        var scene = new CutScene();
        await replica.PostAsync(scene.Tree, Step.Post(scene.Tree, scene._rich, 100));
        return scene;
    }

    public string KeyOf(int call) => $"{Tree}-{call}";

    /// <summary>Sends all once more with their keys and says what is not as it has to be.</summary>
    public async Task<List<string>> SettleAsync(Replica replica, IReadOnlyList<Answer?> answers)
    {
        var findings = new List<string>();
        for (var call = 0; call < Chains.Count; call++)
        {
            var again = await replica.SendAsync(Tree, KeyOf(call), Chains[call]);
            if (answers[call] is { } first && (!again.Replayed || !again.Body.Span.SequenceEqual(first.Body.Span)))
                findings.Add($"call {call} was answered {Outcome.Of(first)} and then {Outcome.Of(again)}.");
            if (Outcome.Of(again).Refused != (call == 2 ? RefusalCodes.InsufficientBalance : null))
                findings.Add($"call {call} was answered {Outcome.Of(again)}.");
        }

        await using var command = replica.Database.CreateCommand(
            """
            select format('%s transfers, %s keys, rich %s, poor %s', (select count(*) from transfers where root_programme_id = $1), (select count(*) from idempotency_keys where root_programme_id = $1),
                (select credits_posted - debits_posted - debits_pending from accounts where root_programme_id = $1 and owner_id = $2), (select credits_posted - debits_posted from accounts where root_programme_id = $1 and owner_id = $3))
            """
        );
        foreach (var id in (ReadOnlySpan<Guid>)[Tree, _rich, _poor])
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        var found = (string)(await command.ExecuteScalarAsync())!;
        if (found != "5 transfers, 4 keys, rich 70, poor 25")
            findings.Add($"there are {found}.");
        return findings;
    }
}

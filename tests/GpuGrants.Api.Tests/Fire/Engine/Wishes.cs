using System.Collections.Concurrent;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// What callers ask of one tree, at random: much of it is too much, too late, of a hold that others want too, or under an id that is taken.
/// </summary>
internal sealed class Wishes
{
    private const int Remembered = 40;
    private readonly Guid[] _owners;
    private readonly ConcurrentQueue<Step> _holds = [];
    private readonly ConcurrentQueue<Step> _moves = [];

    public Wishes(int seed)
    {
        var random = new Random(seed);
        var id = new byte[16];
        _owners =
        [
            .. Enumerable
                .Range(0, 5)
                .Select(_ =>
                {
                    random.NextBytes(id);
                    return new Guid(id);
                }),
        ];
    }

    public Guid Tree { get; } = Guid.CreateVersion7();

    /// <summary>With what the owners begin.</summary>
    public IEnumerable<Step[]> Endowments() => _owners.Select(owner => (Step[])[Step.Post(Tree, owner, 60)]);

    /// <summary>A chain of one step or a few.</summary>
    public Step[] Next(Random random)
    {
        var chain = new Step[random.Next(4) == 0 ? random.Next(2, 4) : 1];
        for (var i = 0; i < chain.Length; i++)
            chain[i] = One(random, chain.AsSpan(0, i));
        return chain;
    }

    /// <summary>Others may now want the holds and moves of this chain.</summary>
    public void Happened(Step[] chain)
    {
        foreach (var step in chain)
        {
            var list = step.Kind switch
            {
                TransferKind.Pending => _holds,
                TransferKind.Posted => _moves,
                _ => null,
            };
            list?.Enqueue(step);
            while (list?.Count > Remembered)
                list.TryDequeue(out _);
        }
    }

    private Step One(Random random, ReadOnlySpan<Step> before)
    {
        var (from, to) = (_owners[random.Next(_owners.Length)], _owners[random.Next(_owners.Length)]);
        var hold = before.Length > 0 && before[^1].Kind == TransferKind.Pending ? before[^1] : Any(random, _holds);
        var move = Any(random, _moves);
        return random.Next(10) switch
        {
            0 or 1 => Step.Post(from, to, random.Next(1, 40)),
            2 or 3 => Step.Hold(from, to, random.Next(1, 40), TimeSpan.FromSeconds(random.Next(1, 90))),
            4 when hold is not null => Step.End(hold.Id),
            5 when hold is not null => Step.End(hold.Id, random.Next(1, 40)),
            6 when hold is not null => Step.Void(hold.Id),
            7 when hold is not null => Step.Void(hold.Id, TransferReasons.Expired),
            8 when move is not null => Step.Correct(move, random.Next(1, 30)),
            9 when move is not null && random.Next(3) == 0 => Step.Post(from, to, 1) with { Id = move.Id },
            _ => Step.Post(Tree, to, random.Next(1, 10)),
        };
    }

    private static Step? Any(Random random, ConcurrentQueue<Step> steps) =>
        steps.ToArray() is { Length: > 0 } all ? all[random.Next(all.Length)] : null;
}

using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Grants;
using GpuGrants.Units;
using Npgsql;

namespace GpuGrants.Api.Usage;

/// <summary>Time that was added to the grants of a batch, as far as it did not go back. Most grants have none, and read nothing.</summary>
public sealed class TopUps : IBatchReads
{
    private static readonly RowMap<GrantTopUp> Map = RowMap.Of<GrantTopUp>();

    private static readonly string Sql = $"""
        select {Map.Columns("t")} from unnest($1::uuid[], $2::uuid[]) as v(root, grant_id)
        join grant_top_ups t on t.root_programme_id = v.root and t.grant_id = v.grant_id and t.returned_gpu_seconds < t.gpu_seconds
        """;

    private readonly Dictionary<Guid, List<GrantTopUp>> _known = [];
    private readonly HashSet<(Guid Root, Guid GrantId)> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for what was added to a grant, unless it was read before.</summary>
    public void Want(Grant grant)
    {
        if (grant.HasAdditions && !_known.ContainsKey(grant.Id))
            _wants.Add((grant.RootProgrammeId, grant.Id));
    }

    /// <summary>Notes that time is added now.</summary>
    public static void Add(BatchState batch, TreeChanges tree, Grant grant, GpuTime time) => Add(batch, tree, grant, time, tree.At);

    /// <summary>Notes that time is added.</summary>
    /// <param name="countsAt">In whose quota windows it counts.</param>
    public static void Add(BatchState batch, TreeChanges tree, Grant grant, GpuTime time, DateTimeOffset countsAt)
    {
        var row = new GrantTopUp
        {
            RootProgrammeId = grant.RootProgrammeId,
            GrantId = grant.Id,
            Id = Guid.CreateVersion7(tree.At),
            ToppedUpAt = countsAt,
            GpuSeconds = time.Seconds,
        };
        batch.Rows<GrantTopUp>().Insert(row);
        batch.Table<TopUps>().Of(grant).Add(row);
    }

    /// <summary>Takes time that goes back from what was added, the latest first: without it, that would not have been added.</summary>
    /// <returns>When it was added, and how much of it goes back. Not more than the time in all.</returns>
    public static List<(DateTimeOffset At, GpuTime Time)> TakeBack(BatchState batch, Grant grant, GpuTime returned)
    {
        var taken = new List<(DateTimeOffset, GpuTime)>();
        foreach (var (row, part) in Latest(batch, grant, returned.Seconds))
        {
            row.ReturnedGpuSeconds += part;
            batch.Rows<GrantTopUp>().Update(row);
            taken.Add((row.ToppedUpAt, GpuTime.FromSeconds(part)));
        }

        return taken;
    }

    /// <summary>All that the grant has left, by the moments in whose windows it counts: the award first, then what was added.</summary>
    /// <remarks>Use is taken from the award first, and returns are taken from the latest addition first.</remarks>
    public static IReadOnlyList<GrantPart> PartsOf(BatchState batch, Grant grant) => PartsOf(batch, grant, grant.Outstanding());

    /// <summary>The same if the grant had this much left.</summary>
    public static IReadOnlyList<GrantPart> PartsOf(BatchState batch, Grant grant, GpuTime outstanding)
    {
        var left = outstanding.Seconds;
        var added = new List<GrantPart>();
        foreach (var (row, part) in Latest(batch, grant, left))
        {
            added.Insert(0, new GrantPart(row.ToppedUpAt, GpuTime.FromSeconds(part)));
            left -= part;
        }

        return [new GrantPart(grant.CountsAt, GpuTime.FromSeconds(left)), .. added];
    }

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(one => one.Root)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Select(one => one.GrantId)] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        foreach (var (_, grant) in _wants)
            _known[grant] = [];
        _wants.Clear();
        while (await reader.ReadAsync())
        {
            var row = Map.Read(reader);
            _known[row.GrantId].Add(row);
        }
    }

    /// <summary>The additions that make up a time of the grant, the latest first, each with its part.</summary>
    private static IEnumerable<(GrantTopUp Row, long Part)> Latest(BatchState batch, Grant grant, long seconds)
    {
        var left = seconds;
        foreach (var row in batch.Table<TopUps>().Of(grant).OrderByDescending(row => row.ToppedUpAt).ThenByDescending(row => row.Id))
        {
            var part = Math.Min(left, row.GpuSeconds - row.ReturnedGpuSeconds);
            if (part == 0)
                continue;
            yield return (row, part);
            left -= part;
        }
    }

    /// <summary>A grant that nobody asked for had nothing added before this batch.</summary>
    private List<GrantTopUp> Of(Grant grant)
    {
        if (!_known.TryGetValue(grant.Id, out var known))
            _known[grant.Id] = known = [];
        return known;
    }
}

using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Requests.Replays;

/// <summary>Repeats every decision by rule from what it pinned, and names those that come out differently.</summary>
public static class DecisionVerifier
{
    private static readonly RowReader<Decision> Decisions = RowMap
        .Of<Decision>()
        .Part(row => new
        {
            row.RootProgrammeId,
            row.Id,
            row.Verdict,
            row.Explanation,
            row.Snapshot,
            row.MaxGrantableGpuSeconds,
        });

    private static readonly string DecisionsSql =
        $"select {Decisions.Columns("d")} from decisions d where d.root_programme_id = $1 and d.snapshot is not null order by d.id";

    /// <summary>How many decisions were taken again, and what differs.</summary>
    public static async Task<(long Decisions, IReadOnlyList<Finding> Findings)> VerifyAsync(
        NpgsqlConnection connection,
        CancellationToken cancellation = default
    )
    {
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var (decisions, findings) = (0L, new List<Finding>());
        foreach (var tree in await TreesAsync(connection, cancellation))
        {
            var policies = await QuotaConfigReader.ReadPoliciesAsync(connection, [tree, TreeId.Platform], _ => null);
            await using var command = new NpgsqlCommand(DecisionsSql, connection)
            {
                Parameters = { new NpgsqlParameter<Guid> { TypedValue = tree.Value } },
                CommandTimeout = 0,
            };
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                decisions++;
                var decision = Decisions.Read(reader);
                if (Differs(decision, policies) is { } how)
                    findings.Add(new Finding(FindingCodes.DecisionDiffers, $"Decision {decision.Id}: {how}", tree.Value));
            }
        }

        return (decisions, findings);
    }

    private static async Task<List<TreeId>> TreesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // The trees of subjects, of which there may be very many, have no decisions.
        await using var command = new NpgsqlCommand(
            "select root_programme_id from programme_trees where event_sequence > 0 order by root_programme_id",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(row => TreeId.Of(row.GetGuid(0)), cancellation);
    }

    private static string? Differs(Decision decision, List<PublishedPolicy> policies)
    {
        try
        {
            var again = DecisionReplay.Run(decision, policies);
            if (again.Same)
                return null;
            return again.Verdict == again.ReplayedVerdict
                ? "the same rules now give other reasons."
                : $"it says {again.Verdict}, but the same rules now say {again.ReplayedVerdict}.";
        }
#pragma warning disable CA1031 // Whatever was written into the row, it is the row's finding and the others are still taken again.
        catch (Exception failure)
        {
            return $"it cannot be repeated: {failure.Message}";
        }
#pragma warning restore CA1031
    }
}

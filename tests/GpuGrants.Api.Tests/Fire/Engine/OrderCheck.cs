using Npgsql;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>
/// Looks for the one order of all calls of a tree. What was recorded has numbers, and what was refused says after which number: so there is
/// one candidate, and it has to be accepted by the sequential ledger, call by call, and must not contradict what callers saw: who was
/// answered before another asked comes first.
/// </summary>
internal static class OrderCheck
{
    public static List<string> Run(Guid tree, List<OrderRun.Asked> calls)
    {
        var findings = SeenOrder(calls);
        var paper = new PaperLedger(tree);
        // At one number nothing happens between two refusals: their order does not matter. A recorded chain comes before what was refused
        // after it.
        foreach (var call in calls.OrderBy(call => call.Outcome.Sequence).ThenBy(call => call.Outcome.Refused is not null))
        {
            var expected = paper.Take(call.Chain, call.Outcome.At);
            if (expected != call.Outcome.Refused)
                findings.Add(
                    $"{Text(call)} was answered {call.Outcome.Refused ?? "recorded"} and should have been {expected ?? "recorded"}."
                );
            if (call.Outcome.Refused is null && paper.Sequence != call.Outcome.Sequence)
                findings.Add($"{Text(call)} has number {call.Outcome.Sequence} and should have {paper.Sequence}.");
            if (findings.Count > 10)
                break;
        }

        return findings;
    }

    /// <summary>What PostgreSQL has is what callers were told, and nothing else.</summary>
    public static async Task<List<string>> StoredAsync(string database, Guid tree, List<OrderRun.Asked> calls)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select id from transfers where root_programme_id = $1", connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = tree } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        var stored = new List<Guid>();
        while (await reader.ReadAsync())
            stored.Add(reader.GetGuid(0));
        var told = calls.Where(call => call.Outcome.Refused is null).SelectMany(call => call.Chain).Select(step => step.Id).ToList();
        return
        [
            .. told.Except(stored).Select(id => $"{id} was acknowledged and is not there."),
            .. stored.Except(told).Select(id => $"{id} is there and nobody was told."),
            .. stored.Count == told.Count ? Array.Empty<string>() : [$"{stored.Count} transfers for {told.Count} steps."],
        ];
    }

    private static List<string> SeenOrder(List<OrderRun.Asked> calls)
    {
        var findings = new List<string>();
        var byAnswer = calls.OrderBy(call => call.To).ToList();
        var (next, known) = (0, 0L);
        foreach (var call in calls.OrderBy(call => call.From))
        {
            for (; next < byAnswer.Count && byAnswer[next].To < call.From; next++)
                known = Math.Max(known, byAnswer[next].Outcome.Sequence);
            var first = call.Outcome.Refused is null ? call.Outcome.Sequence - call.Chain.Length : call.Outcome.Sequence;
            if (first < known)
                findings.Add($"{Text(call)} was decided at number {first}, although {known} had been answered before it was asked.");
        }

        return findings;
    }

    private static string Text(OrderRun.Asked call) =>
        $"[{string.Join(", ", call.Chain.Select(step => $"{step.Kind} {step.Id} {step.Amount}"))}]";
}

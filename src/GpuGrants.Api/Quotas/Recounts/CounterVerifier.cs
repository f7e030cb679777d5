using Npgsql;

namespace GpuGrants.Api.Quotas.Recounts;

/// <summary>Recounts all counters from the stored facts, on one snapshot of the database, and names the rows that differ.</summary>
/// <remarks>
/// Memory stays bounded: subjects are recounted slice by slice. Each slice reads all facts and all rows once.
/// </remarks>
public static class CounterVerifier
{
    private const int SubjectsOfASlice = 100_000;

    /// <summary>Recounts everything.</summary>
    public static async Task<CounterReport> VerifyAsync(NpgsqlConnection connection, CancellationToken cancellation = default)
    {
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var kept = await KeptSignatures.ReadAsync(connection, cancellation);
        var subjects = await CountAsync(connection, cancellation);
        var slices = 1 + (int)(subjects / SubjectsOfASlice);
        var (findings, found) = (new List<Finding>(), 0L);
        for (var slice = 0; slice < slices; slice++)
        {
            var recount = new CounterRecount(kept, slice, slices);
            await recount.FoldAsync(connection);
            await foreach (var finding in recount.CompareAsync(connection, cancellation))
            {
                if (found++ < LedgerAudit.MaxFindings)
                    findings.Add(finding);
            }
        }

        return new CounterReport(subjects, findings, found);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select count(*) from subject_counters", connection) { CommandTimeout = 0 };
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }
}

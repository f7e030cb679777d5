using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using GpuGrants.Api.Pipeline.Submissions;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Pipeline.Batches;

/// <summary>What a batch locks besides the trees of its commands, and the statements that lock.</summary>
/// <remarks>
/// Locks come in one order, so no two batches can wait for each other: the configuration lock; the trees of root programmes by id; the
/// platform's tree; the trees of subjects by id. A first statement locks the trees that commands name: root programmes, and the platform's
/// where it is named. It also locks the platform's where the batch holds the configuration lock alone. A second one locks the counting
/// trees: the platform's, unless it is locked already, then those of subjects. Rows of subjects that are not there are made in between.
/// </remarks>
/// <param name="HoldsConfigurationAlone">Whether it changes the platform's configuration, or makes counters for new rules
/// outside programmes, or has to decide beside no other batch.</param>
/// <param name="CountingTrees">Counting trees that an earlier try of the batch turned out to need.</param>
internal sealed record BatchLocks(bool HoldsConfigurationAlone, IReadOnlySet<TreeId> CountingTrees)
{
    public static BatchLocks Of(IEnumerable<Submission> submissions) =>
        new(submissions.Any(submission => submission.Command.RunsAlone), new HashSet<TreeId>());

    // A subquery hides the array's length. Otherwise PostgreSQL would plan every batch anew.
    private static readonly string TreesSql = $"""
        select {RowMap.Of<ProgrammeTree>().Columns("t")}
        from programme_trees t where t.root_programme_id = any ((select $1)::uuid[])
        """;

    private static readonly TreeId Platform = TreeId.Platform;

    private static readonly long ConfigurationKey = BinaryPrimitives.ReadInt64BigEndian(
        SHA256.HashData(Encoding.UTF8.GetBytes($"gpugrants/platform/{Platform.Value}"))
    );

    /// <summary>
    /// Guards the platform's configuration: what <see cref="TreeChanges.MarkConfigChanged"/> says of its tree. Every batch shares it until
    /// its commit, so that what it decides by stays as it is. Whoever changes the configuration holds it alone.
    /// </summary>
    /// <remarks>
    /// An advisory lock, not the lock of a row: PostgreSQL queues those who wait for it, so that batches which follow each other without a
    /// gap never keep a writer out.
    /// </remarks>
    public static NpgsqlBatchCommand LockConfiguration(bool alone) =>
        new(alone ? "select pg_advisory_xact_lock($1)" : "select pg_advisory_xact_lock_shared($1)")
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = ConfigurationKey } },
        };

    /// <summary>The version of the platform's configuration, and the database's time.</summary>
    public static NpgsqlBatchCommand ReadConfigurationVersion() =>
        new("select config_version, now() from programme_trees where root_programme_id = $1")
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = Platform.Value } },
        };

    /// <summary>Reads the first trees, and locks them where it is asked to: the platform's after the root programmes'.</summary>
    public static NpgsqlBatchCommand SelectNamed(IEnumerable<TreeId> trees, bool locks) =>
        Select(trees, $" order by t.root_programme_id = $2, t.root_programme_id{(locks ? " for update" : "")}");

    /// <summary>Locks and reads those of counters: the platform's before the subjects'.</summary>
    public static NpgsqlBatchCommand LockCounting(IEnumerable<TreeId> trees) =>
        Select(trees, " order by t.root_programme_id <> $2, t.root_programme_id for update");

    /// <summary>Makes trees that are not there. In order, so that batches that make the same ones wait for each other in order.</summary>
    public static NpgsqlBatchCommand Make(Guid[] trees) =>
        new("insert into programme_trees (root_programme_id) select id from unnest($1) as v(id) order by id on conflict do nothing")
        {
            Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = trees } },
        };

    private static NpgsqlBatchCommand Select(IEnumerable<TreeId> trees, string order) =>
        new(TreesSql + order)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]>
                {
                    TypedValue = [.. trees.Select(tree => tree.Value)],
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid,
                },
                new NpgsqlParameter<Guid> { TypedValue = Platform.Value },
            },
        };
}

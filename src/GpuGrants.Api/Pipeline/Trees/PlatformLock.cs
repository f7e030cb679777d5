using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>
/// Guards the platform's configuration: what <see cref="TreeChanges.MarkConfigChanged"/> says of its tree. Every batch shares it until its
/// commit, so that what it decides by stays as it is. Whoever changes the configuration holds it alone.
/// </summary>
/// <remarks>
/// An advisory lock, not the lock of a row: PostgreSQL queues those who wait for it, so that batches which follow each other without a gap
/// never keep a writer out. It comes before the locks of all trees.
/// </remarks>
internal static class PlatformLock
{
    public static NpgsqlBatchCommand Take(TreeId platform, bool alone) =>
        new(alone ? "select pg_advisory_xact_lock($1)" : "select pg_advisory_xact_lock_shared($1)")
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = KeyOf(platform) } },
        };

    private static long KeyOf(TreeId platform) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"gpugrants/platform/{platform.Value}")));
}

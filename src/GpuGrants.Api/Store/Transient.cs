using System.Net.Sockets;
using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>Failures that say nothing about the commands: the connection or the server went away.</summary>
internal static class Transient
{
    public static bool Is(Exception failure) =>
        failure switch
        {
            // A statement that PostgreSQL refused was rolled back; only its going away is worth another try: shut down or shut out (57),
            // cut off (08), out of space, memory or connections (53), its disk failing (58) or its files not being allowed to grow (which
            // has no code of its own), locks (40, 55P03), a timeout of its own (25P03), a standby in its place (25006).
            PostgresException refused => refused.SqlState.StartsWith("57", StringComparison.Ordinal)
                || refused.SqlState.StartsWith("08", StringComparison.Ordinal)
                || refused.SqlState.StartsWith("53", StringComparison.Ordinal)
                || refused.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
                || refused.SqlState.StartsWith("58", StringComparison.Ordinal)
                || refused.Routine == "mdextend"
                || refused.SqlState is "55P03" or "25P03" or "25006",
            NpgsqlException or SocketException or IOException or TimeoutException => true,
            _ => failure.InnerException is { } inner && Is(inner),
        };
}

using System.Net.Sockets;
using Npgsql;

namespace GpuGrants.Api.Pipeline;

/// <summary>Failures that say nothing about the commands: the connection or the server went away.</summary>
internal static class Transient
{
    public static bool Is(Exception failure) => failure switch
    {
        // A statement that PostgreSQL refused was rolled back; only its going away (class 57P, 08, 53) is worth another try.
        PostgresException refused => refused.SqlState.StartsWith("57P", StringComparison.Ordinal) || refused.SqlState.StartsWith("08", StringComparison.Ordinal)
            || refused.SqlState.StartsWith("53", StringComparison.Ordinal) || refused.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
            or "25P03",
        NpgsqlException or SocketException or IOException or TimeoutException => true,
        _ => failure.InnerException is { } inner && Is(inner),
    };
}

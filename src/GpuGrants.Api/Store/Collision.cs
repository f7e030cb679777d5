using Npgsql;

namespace GpuGrants.Api.Store;

/// <summary>
/// Two calls at the same moment make what may exist only once: PostgreSQL refuses the second. Whoever reads again sees what the first made.
/// </summary>
internal static class Collision
{
    public static bool Is(Exception failure) =>
        failure is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.ExclusionViolation };
}

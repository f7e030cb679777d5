using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Store;

/// <summary>The database. Configuration section <c>Database</c>.</summary>
public sealed class DatabaseOptions
{
    /// <summary>The service's own connection. When empty, Docker or a private cluster is used (see docs/operations.md).</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The owner's connection, for migrations; the service's own when empty.</summary>
    public string? MigrationConnectionString { get; set; }

    /// <summary>Whether to migrate at start. Turn it off where migrations are a step of their own.</summary>
    public bool MigrateAtStart { get; set; } = true;

    /// <summary>Act as the role that cannot change the ledger's past, after connecting as one who can.</summary>
    public bool SetRuntimeRole { get; set; } = true;

    [Range(1, 1_000)]
    public int MaxPoolSize { get; set; } = 50;
}

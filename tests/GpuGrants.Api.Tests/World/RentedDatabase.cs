using System.Collections.Concurrent;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Tests.World;

/// <summary>
/// A database that one world has for itself. When the world ends, it is made what the template is, and serves the next. PostgreSQL starts a
/// process for each connection, which reads its catalogue and plans every statement anew: half of what a short test would cost.
/// </summary>
internal sealed class RentedDatabase
{
    /// <summary>The pool of reads of a test's service.</summary>
    public const int MaxPoolSize = 4;

    /// <summary>The shards of a test's service.</summary>
    public const int Shards = 1;

    private static readonly ConcurrentBag<RentedDatabase> Free = [];
    private readonly string _schema;
    private readonly NpgsqlBatch _restore;

    private RentedDatabase(string owner, string schema, NpgsqlBatch restore)
    {
        Owner = owner;
        _schema = schema;
        _restore = restore;
        var options = new DatabaseOptions { MaxPoolSize = MaxPoolSize };
        var timeout = new PipelineOptions().CommandTimeoutSeconds;
        Reads = GpuGrants.Api.Store.Database.Open(owner, options, timeout);
        Pipeline = GpuGrants.Api.Store.Database.OpenPipeline(owner, options, timeout, Shards);
    }

    /// <summary>As the owner.</summary>
    public string Owner { get; }

    /// <summary>What a service reads through. It outlives the service.</summary>
    public NpgsqlDataSource Reads { get; }

    /// <summary>What a service decides through. It outlives the service.</summary>
    public NpgsqlDataSource Pipeline { get; }

    /// <summary>A database as the template is, which nobody else has.</summary>
    public static async Task<RentedDatabase> RentAsync()
    {
        if (Free.TryTake(out var free))
            return free;
        var owner = await TestDatabase.CreateAsync();
        var connection = new NpgsqlConnection(owner);
        await connection.OpenAsync();
        return new RentedDatabase(owner, await TemplateState.SchemaOfAsync(owner), await TemplateState.PrepareRestoreAsync(connection));
    }

    /// <summary>Gives it back, or drops it when its schema is no longer the template's.</summary>
    /// <param name="isSpoilt">Whether the test broke connections.</param>
    public async Task ReturnAsync(bool isSpoilt)
    {
        if (!isSpoilt && await TryRestoreAsync())
        {
            Free.Add(this);
            return;
        }

        await Reads.DisposeAsync();
        await Pipeline.DisposeAsync();
        await _restore.Connection!.DisposeAsync();
        await _restore.DisposeAsync();
        NpgsqlConnection.ClearPool(new NpgsqlConnection(Owner));
        await TestDatabase.DropAsync(Owner);
    }

    private async Task<bool> TryRestoreAsync()
    {
        try
        {
            if (await TemplateState.SchemaOfAsync(Owner) != _schema)
                return false;
            await _restore.ExecuteNonQueryAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            // The test has dropped the database, or somebody still holds a lock.
            return false;
        }
    }
}

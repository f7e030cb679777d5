using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Grants.Freezing;

/// <summary>Suspends and resumes the grants of freezes, slice by slice. Any replica goes on where another one stopped.</summary>
public sealed partial class FrozenGrants(NpgsqlDataSource database, DecisionPipeline pipeline, ILogger<FrozenGrants> logger)
{
    private const string PendingSql = "select id, scope, resource_id, lifted_at from freezes where grants_pending order by id";

    private static readonly string RunningSql = $"""
        select g.root_programme_id, g.id
        from grants g join programmes p on p.id = g.programme_id
        where g.status = {RowMap.Of<Grant>().Literal(row => row.Status, GrantStatus.Active)} and g.expires_at > $1
            and g.suspensions < {Usage.Suspensions.Max}
            and case $3 when 'programme' then $4 = any (p.path) when 'provider' then g.provider_id = $4 else true end
        order by g.expires_at limit $2
        """;

    private const string SuspendedSql = """
        select g.root_programme_id, g.id
        from grant_suspensions s join grants g on g.root_programme_id = s.root_programme_id and g.id = s.grant_id
        where s.freeze_id = $3 and s.ended_at is null and g.expires_at > $1
        order by g.id limit $2
        """;

    /// <summary>Does what is left to do for all freezes, within bounds.</summary>
    /// <param name="now">The present moment.</param>
    /// <param name="slices">The most slices of one freeze; the next run goes on.</param>
    /// <param name="perSlice">The most grants that are found at once.</param>
    /// <param name="cancellation">Stops between two slices.</param>
    public async Task RunAsync(DateTimeOffset now, int slices, int perSlice, CancellationToken cancellation)
    {
        foreach (var freeze in await PendingAsync(cancellation))
        {
            for (var slice = 0; slice < slices; slice++)
            {
                if (await SliceAsync(freeze, now, perSlice, cancellation) is not { } done)
                    break;
                if (done > 0)
                    continue;
                await FinishAsync(freeze, cancellation);
                break;
            }
        }
    }

    /// <summary>How many grants the slice had; null when none of them could be changed now.</summary>
    private async Task<int?> SliceAsync(Pending freeze, DateTimeOffset now, int most, CancellationToken cancellation)
    {
        var found = await FindAsync(freeze, now, most, cancellation);
        var outcomes = await Task.WhenAll(found.Select(one => pipeline.ExecuteAsync(CommandFor(freeze, one), cancellation)));
        foreach (var refusal in outcomes.Select(one => one.Refusal).OfType<Refusal>().Where(one => one.Kind != RefusalKind.Conflict))
            LogRefused(freeze.Id, refusal.Code, refusal.Message);
        return found.Count > 0 && outcomes.All(one => one.Refusal is not null) ? null : found.Count;
    }

    private static Command<Grant> CommandFor(Pending freeze, (TreeId Tree, Guid Id) grant) =>
        freeze.LiftedAt is null
            ? new SuspendUnderFreeze
            {
                Tree = grant.Tree,
                Actor = Actor.Service,
                GrantId = grant.Id,
            }
            : new ResumeAfterFreeze
            {
                Tree = grant.Tree,
                Actor = Actor.Service,
                GrantId = grant.Id,
            };

    /// <summary>Nothing is left to do, unless it was lifted meanwhile.</summary>
    private async Task FinishAsync(Pending freeze, CancellationToken cancellation) =>
        await pipeline.ExecuteAsync(
            new Change<Freeze>
            {
                Tree = TreeId.Platform,
                Actor = Actor.Service,
                Planning = batch => batch.Rows<Freeze>().Want(new RowKey(freeze.Id)),
                Deciding = batch =>
                {
                    var row = batch.Rows<Freeze>().Find(new RowKey(freeze.Id))!;
                    if (row.LiftedAt != freeze.LiftedAt)
                        return Refusal.Conflict("changed-meanwhile", "The freeze was lifted meanwhile.");
                    row.GrantsPending = false;
                    batch.Rows<Freeze>().Update(row);
                    batch.Tree(TreeId.Platform).MarkChanged();
                    return row;
                },
            },
            cancellation
        );

    private async Task<List<Pending>> PendingAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(PendingSql);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(
            row => new Pending(
                row.GetGuid(0),
                row.GetString(1),
                row.IsDBNull(2) ? null : row.GetGuid(2),
                row.IsDBNull(3) ? null : row.GetFieldValue<DateTimeOffset>(3)
            ),
            cancellation
        );
    }

    private async Task<List<(TreeId Tree, Guid Id)>> FindAsync(Pending freeze, DateTimeOffset now, int most, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(freeze.LiftedAt is null ? RunningSql : SuspendedSql);
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        if (freeze.LiftedAt is null)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = freeze.Scope });
            command.Parameters.Add(
                new NpgsqlParameter { Value = (object?)freeze.ResourceId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid }
            );
        }
        else
        {
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = freeze.Id });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ListAsync(row => (TreeId.Of(row.GetGuid(0)), row.GetGuid(1)), cancellation);
    }

    private sealed record Pending(Guid Id, string Scope, Guid? ResourceId, DateTimeOffset? LiftedAt);

    [LoggerMessage(LogLevel.Error, "A grant of the freeze {FreezeId} was refused: {Code}. {Reason}")]
    private partial void LogRefused(Guid freezeId, string code, string reason);
}

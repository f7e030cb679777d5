using BitFaster.Caching.Lru;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Quotas.Headroom;

/// <summary>
/// Where an organization stands. One query reads headroom from cached configuration. If the versions or the organization's row that it
/// returns differ from the cache, or a hold may be over that nobody has ended yet, the service falls back to a dry run.
/// </summary>
public sealed class HeadroomReader(NpgsqlDataSource database, BatchRunner runner, DryRuns runs, TimeProvider clock)
{
    private const int MaxKnown = 100_000;

    private static readonly RowReader<Organization> Organizations = RowMap
        .Of<Organization>()
        .Part(row => new
        {
            row.Kind,
            row.CreatedAt,
            row.VerifiedLevel,
            row.VerifiedUntil,
            row.PartnerId,
            row.OwnerIds,
        });

    private static readonly RowReader<ProgrammeTree> Trees = RowMap.Of<ProgrammeTree>().Part(row => new { row.ConfigVersion, row.LastAt });

    // One statement sees one moment, so its versions prove the counters that it reads. "offset 0" as in RowMap. PostgreSQL
    // would plan each call anew for an array that it sees, which costs twice the statement. Behind "select" it does not.
    private static readonly string Sql = $"""
        select {Organizations.Columns("o")}, {Trees.Columns("t")}, {Trees.Columns("s")}, {RowMap.Of<SubjectCountersRow>().Columns("c")}
        from organizations o
        join programme_trees t on t.root_programme_id = $2
        join programme_trees s on s.root_programme_id = $3
        left join lateral (
            select c.* from unnest((select $4::uuid[]), $5) as v(root, subject) cross join lateral (
                select * from subject_counters c where c.root_programme_id = v.root and c.subject_id = v.subject offset 0) c) c on true
        where o.id = $1
        """;

    private static readonly int CountersColumn = Organizations.Width + (2 * Trees.Width);

    private readonly ConcurrentLru<Guid, Organization> _organizations = new(MaxKnown);

    /// <summary>Null when there is no such organization or programme.</summary>
    public async Task<HeadroomView?> ReadAsync(
        TreeId tree,
        Guid programmeId,
        Guid organizationId,
        Actor actor,
        CancellationToken cancellation
    )
    {
        var config = runner.ConfigOf(tree);
        if (
            config.IsFolded
            && !runner.Holds.MayBeOver(clock.GetUtcNow())
            && config.Programmes.TryGetValue(programmeId, out var programme)
            && _organizations.TryGet(organizationId, out var guess)
        )
        {
            var match = config.Quotas.Compiled.MatchSubject(SubjectContext.Of(tree, programme.Path, guess, null, actor, clock.GetUtcNow()));
            var read = await ReadAsync(tree, organizationId, match, cancellation);
            if (read.Proves(config, guess))
                return View(match, read, organizationId, programmeId);
        }

        var outcome = await runs.DecideAsync(
            new ReadHeadroom
            {
                Tree = tree,
                Actor = actor,
                ProgrammeId = programmeId,
                OrganizationId = organizationId,
                Seen = Know,
            },
            cancellation
        );
        return outcome.TryGet(out var view, out _) ? view : null;
    }

    private static HeadroomView View(QuotaMatch match, Reading read, Guid organizationId, Guid programmeId) =>
        HeadroomView.Of(organizationId, programmeId, read.At, QuotaDecision.HeadroomOf(match, read.Counters, read.At));

    private void Know(Organization organization) => _organizations.AddOrUpdate(organization.Id, organization);

    private async Task<Reading> ReadAsync(TreeId tree, Guid organizationId, QuotaMatch match, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var subjects = match.Keys.Select(key => (key.Tree, key.Subject)).Distinct().ToList();
        await using var command = new NpgsqlCommand(Sql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = organizationId },
                new NpgsqlParameter<Guid> { TypedValue = tree.Value },
                new NpgsqlParameter<Guid> { TypedValue = TreeId.Platform.Value },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. subjects.Select(one => one.Tree.Value)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. subjects.Select(one => one.Subject.ToString())] },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var read = new Reading { At = clock.GetUtcNow() };
        while (await reader.ReadAsync(cancellation))
        {
            if (read.Seen is null)
                read.See(reader);
            if (reader.IsDBNull(CountersColumn))
                continue;
            var (root, id, subject) = SubjectCountersStore.Read(reader, CountersColumn);
            read.Take(root, id, subject.Counters);
        }

        return read;
    }

    /// <summary>What one statement brought.</summary>
    private sealed class Reading
    {
        private long _version;
        private long _platformVersion;

        public QuotaCounters Counters { get; } = new();

        /// <summary>What bears on the organization's rules; null when there is no such organization.</summary>
        public Organization? Seen { get; private set; }

        /// <summary>The moment it is of: never before the tree's latest decision.</summary>
        public DateTimeOffset At { get; set; }

        public void Take(TreeId tree, SubjectId id, SubjectCounters counters)
        {
            foreach (var (signature, counter) in counters.All)
                Counters.Set(new CounterKey(tree, signature, id), counter);
        }

        public void See(NpgsqlDataReader reader)
        {
            Seen = Organizations.Read(reader);
            var tree = Trees.Read(reader, Organizations.Width);
            _version = tree.ConfigVersion;
            _platformVersion = Trees.Read(reader, Organizations.Width + Trees.Width).ConfigVersion;
            if (tree.LastAt > At)
                At = tree.LastAt;
        }

        /// <summary>Whether the configuration and the organization are those by which the counters were chosen.</summary>
        public bool Proves(TreeConfig config, Organization guess) =>
            _version == config.Version
            && _platformVersion == config.PlatformVersion
            && Seen is { } seen
            && (seen.Kind, seen.CreatedAt, seen.VerifiedLevel, seen.VerifiedUntil, seen.PartnerId)
                == (guess.Kind, guess.CreatedAt, guess.VerifiedLevel, guess.VerifiedUntil, guess.PartnerId)
            && seen.OwnerIds.AsSpan().SequenceEqual(guess.OwnerIds);
    }
}

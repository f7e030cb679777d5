using System.Collections.Concurrent;
using GpuGrants.Api.Http;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline;
using GpuGrants.Quotas;
using Npgsql;

namespace GpuGrants.Api.Quotas;

/// <summary>
/// Where an organization stands, in one round trip: the counters are read on a guess of what bears on it, and the guess is proved by what is read after them,
/// the versions of the configuration and the organization's own row. A wrong guess costs a dry run, which learns what is right.
/// </summary>
public sealed class HeadroomReader(NpgsqlDataSource database, BatchRunner runner, RowMaps maps, TimeProvider clock)
{
    private const int MaxKnown = 100_000;

    // Two parameters and not an array: of an array PostgreSQL makes a plan for every call, which costs more than the rest of the statement.
    private const string VersionsSql = "select root_programme_id, config_version, last_at from programme_trees where root_programme_id in ($1, $2)";

    private readonly ConcurrentDictionary<Guid, Organization> _organizations = [];

    /// <summary>Null when there is no such organization or programme.</summary>
    public async Task<HeadroomView?> ReadAsync(Guid root, Guid programmeId, Guid organizationId, Actor actor, CancellationToken cancellation)
    {
        var config = runner.ConfigOf(root);
        if (config.IsFolded && config.Programmes.TryGetValue(programmeId, out var programme) && _organizations.TryGetValue(organizationId, out var guess))
        {
            var match = config.Quotas.Compiled.MatchSubject(SubjectContext.Of(root, programme.Path, guess, null, actor.PrincipalId, clock.GetUtcNow()));
            var read = await ReadAsync(root, organizationId, match, config, cancellation);
            if (read.Organization is { } organization) Know(organization);
            if (read.Proves(config, guess)) return View(match, read, organizationId, programmeId);
        }

        var answer = await runner.DryRunAsync(new ReadHeadroom { Tree = root, Actor = actor, ProgrammeId = programmeId, OrganizationId = organizationId, Seen = Know }, cancellation);
        return answer.Status == 200 ? System.Text.Json.JsonSerializer.Deserialize<HeadroomView>(answer.Body.Span, ApiJson.Options)! : null;
    }

    private static HeadroomView View(QuotaMatch match, Reading read, Guid organizationId, Guid programmeId) =>
        HeadroomView.Of(organizationId, programmeId, read.At, QuotaDecision.HeadroomOf(match, read.Counters, read.At));

    private void Know(Organization organization)
    {
        if (_organizations.Count >= MaxKnown) _organizations.Clear();
        _organizations[organization.Id] = organization;
    }

    /// <summary>Versions come last: they only grow, so a configuration that still holds then held when the counters were read.</summary>
    private async Task<Reading> ReadAsync(Guid root, Guid organizationId, QuotaMatch match, TreeConfig config, CancellationToken cancellation)
    {
        var organizations = maps.Of<Organization>();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(TreeReader.Counters([.. match.Keys.Select(key => (config.Quotas.PlatformSignatures.Contains(key.SignatureId) ? Guid.Empty : root, key))]));
        batch.BatchCommands.Add(organizations.Select(organizationId));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(VersionsSql) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = root }, new NpgsqlParameter<Guid> { TypedValue = Guid.Empty } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var read = new Reading { At = clock.GetUtcNow() };
        while (await reader.ReadAsync(cancellation))
        {
            var (key, counter) = TreeReader.Counter(reader);
            read.Counters.Set(key, counter);
        }

        await reader.NextResultAsync(cancellation);
        if (await reader.ReadAsync(cancellation)) read.Organization = organizations.Read(reader);
        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) read.Take(reader.GetGuid(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2));
        return read;
    }

    /// <summary>What one round trip brought.</summary>
    private sealed class Reading
    {
        private long _version = -1;
        private long _sharedVersion = -1;

        public QuotaCounters Counters { get; } = new();

        public Organization? Organization { get; set; }

        /// <summary>The moment it is of: never before the tree's latest decision.</summary>
        public DateTimeOffset At { get; set; }

        public void Take(Guid root, long version, DateTimeOffset lastAt)
        {
            if (root == Guid.Empty)
            {
                _sharedVersion = version;
                return;
            }

            _version = version;
            if (lastAt > At) At = lastAt;
        }

        /// <summary>Whether the configuration and the organization are what the counters were chosen by.</summary>
        public bool Proves(TreeConfig config, Organization guess) =>
            _version == config.Version && _sharedVersion == config.SharedVersion && Organization is { } organization
            && (organization.Kind, organization.CreatedAt, organization.VerifiedAt, organization.PartnerId) == (guess.Kind, guess.CreatedAt, guess.VerifiedAt, guess.PartnerId);
    }
}

using BitFaster.Caching.Lru;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Access;

/// <summary>
/// Finds the principal and the roles behind a token. A replica remembers what it read for five seconds. A revoked client or role therefore
/// stops working within five seconds everywhere, and at once on the replica that revoked it.
/// </summary>
public sealed class CallerDirectory(
    NpgsqlDataSource database,
    TimeProvider clock,
    IdentityKey identities,
    ConsentDirectory consents,
    IOptions<AccessOptions> access
) : IRowWatcher
{
    private const int MaxKnown = 100_000;

    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private static readonly RowReader<Principal> Principals = RowMap
        .Of<Principal>()
        .Part(row => new
        {
            row.Id,
            row.PersonId,
            row.Version,
        });
    private static readonly RowReader<Principal> People = RowMap.Of<Principal>().Part(row => row.AcceptedTerms);
    private static readonly RowReader<RoleAssignment> Assignments = RowMap
        .Of<RoleAssignment>()
        .Part(row => new { row.Role, row.ResourceId });
    private static readonly RowReader<ApiClient> Clients = RowMap.Of<ApiClient>().Part(row => new { row.ClientId, row.Version });

    private static readonly RowReader<LinkedIdentity> Links = RowMap
        .Of<LinkedIdentity>()
        .Part(row => new
        {
            row.Scopes,
            row.LinkedBy,
            row.LinkedThrough,
        });

    private static readonly int PersonColumn = Principals.Width;
    private static readonly int AgeColumn = PersonColumn + People.Width;
    private static readonly int AssignmentColumn = AgeColumn + StatedAges.Width;
    private static readonly int ClientColumn = AssignmentColumn + Assignments.Width;

    private static readonly string ByClientSql = $"""
        select {Principals.Columns("p")}, {People.Columns("h")}, {StatedAges.Columns("y")}, {Assignments.Columns("r")}, {Clients.Columns(
            "c"
        )}
        from api_clients c join principals p on p.id = c.principal_id join principals h on h.id = p.person_id
            left join people y on y.id = p.person_id left join role_assignments r on r.principal_id = p.id
        where c.client_id = $1 and c.status = 'active' and p.status = 'active' and h.status = 'active'
            and coalesce(y.status, 'active') = 'active' and (c.expires_at is null or c.expires_at > $2)
        """;

    private static readonly string ByExternalSql = $"""
        select {Principals.Columns("p")}, {People.Columns("h")}, {StatedAges.Columns("y")}, {Assignments.Columns("r")}
        from principals p join principals h on h.id = p.person_id
            left join people y on y.id = p.person_id left join role_assignments r on r.principal_id = p.id
        where p.external_issuer = $1 and p.external_subject = $2 and p.status = 'active' and h.status = 'active'
            and coalesce(y.status, 'active') = 'active'
        """;

    private static readonly string ByLinkSql = $"""
        select {Principals.Columns("p")}, {People.Columns("h")}, {StatedAges.Columns("y")}, {Assignments.Columns("r")}, {Links.Columns("l")}
        from linked_identities l join principals p on p.id = l.person_id join principals h on h.id = p.person_id
            left join people y on y.id = p.person_id left join role_assignments r on r.principal_id = p.id
        where l.identity = $1 and l.until is null and p.status = $2
        """;

    private readonly ConcurrentLru<(string, string), (DateTimeOffset At, KnownCaller Known)> _cache = new(MaxKnown);

    /// <summary>The caller behind a token of the embedded server; null when its client or principal is no longer active.</summary>
    public async ValueTask<Caller?> OfClientAsync(
        string clientId,
        IEnumerable<string> scopes,
        bool onlyReads,
        CancellationToken cancellation
    ) => ToCaller(await FindAsync(("", clientId), cancellation), scopes, onlyReads);

    /// <summary>The caller behind a token of an external issuer, or of a trusted one; null when this subject is nobody's.</summary>
    public async ValueTask<Caller?> OfExternalAsync(
        string issuer,
        string subject,
        IEnumerable<string> scopes,
        bool onlyReads,
        CancellationToken cancellation
    ) => ToCaller(await FindAsync((issuer, subject), cancellation), scopes, onlyReads);

    /// <summary>The caller as roles, client and consent are now; null when it may call no more.</summary>
    /// <exception cref="ProblemException">404: whom the caller acted for no longer consents.</exception>
    public ValueTask<Caller?> ReloadAsync(Caller caller, CancellationToken cancellation)
    {
        Forget();
        return NowAsync(caller, cancellation);
    }

    /// <summary>The same by what was read within the last five seconds.</summary>
    /// <exception cref="ProblemException">404: whom the caller acted for no longer consents.</exception>
    public async ValueTask<Caller?> NowAsync(Caller caller, CancellationToken cancellation)
    {
        var (own, whom) = (caller.Self ?? caller, caller.ActsFor);
        var now = ToCaller(await FindAsync(own.Key, cancellation), own.Scopes, own.OnlyReads);
        return now is null || whom is null ? now : await consents.ActAsync(now, whom, cancellation);
    }

    /// <summary>Forgets all that was read. Batches that write what callers are made of do this by themselves.</summary>
    public void Forget()
    {
        _cache.Clear();
        consents.Forget();
    }

    /// <summary>What callers are made of: each type of row that the statements above read.</summary>
    public IReadOnlyList<Type> Watched { get; } =
    [typeof(Principal), typeof(PersonRow), typeof(RoleAssignment), typeof(ApiClient), typeof(LinkedIdentity), typeof(Consent)];

    /// <summary>Forgets all that was read: what callers are made of has changed on this replica.</summary>
    public void Written() => Forget();

    private static Caller? ToCaller(KnownCaller? known, IEnumerable<string> scopes, bool onlyReads) =>
        known is null ? null : new Caller(known, known.Scopes is { } most ? scopes.Intersect(most) : scopes, onlyReads);

    private async ValueTask<KnownCaller?> FindAsync((string Issuer, string Subject) key, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (_cache.TryGet(key, out var cached) && now - cached.At < Freshness && now >= cached.At)
            return cached.Known;
        var known = await Reads.RetryAsync(
            () =>
                key.Issuer.Length == 0 ? ReadAsync(ByClientSql, key, key.Subject, now, cancellation)
                : key.Issuer == access.Value.ExternalIssuer ? ReadAsync(ByExternalSql, key, key.Issuer, key.Subject, cancellation)
                : ReadAsync(ByLinkSql, key, LinkedIdentity.HashOf(identities, key.Issuer, key.Subject), "active", cancellation),
            cancellation
        );
        // Only those who exist are remembered: strangers could fill the memory.
        if (known is not null)
            _cache.AddOrUpdate(key, (now, known));
        else
            _cache.TryRemove(key);
        return known;
    }

    private async Task<KnownCaller?> ReadAsync<TSecond>(
        string sql,
        (string, string) key,
        string first,
        TSecond second,
        CancellationToken cancellation
    )
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = first });
        command.Parameters.Add(new NpgsqlParameter<TSecond> { TypedValue = second });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        KnownCaller? known = null;
        var roles = new List<(string, Guid?)>();
        while (await reader.ReadAsync(cancellation))
        {
            known ??= KnownOf(reader, key, roles);
            if (reader.IsDBNull(AssignmentColumn))
                continue;
            var assignment = Assignments.Read(reader, AssignmentColumn);
            roles.Add((assignment.Role, assignment.ResourceId));
        }

        return known;
    }

    /// <summary>A token of an external issuer has no client, so its principal's id stands for one.</summary>
    private static KnownCaller KnownOf(NpgsqlDataReader reader, (string, string) key, List<(string, Guid?)> roles)
    {
        var principal = Principals.Read(reader);
        var isOfClient = key.Item1.Length == 0;
        var link = !isOfClient && reader.FieldCount > ClientColumn ? Links.Read(reader, ClientColumn) : null;
        var client = isOfClient ? Clients.Read(reader, ClientColumn) : new ApiClient { ClientId = $"oidc:{principal.Id}", Version = 0 };
        return new KnownCaller(
            key,
            principal.Id,
            principal.PersonId,
            client.ClientId,
            new Authority(principal.Version, client.Version),
            roles
        )
        {
            AcceptedTerms = People.Read(reader, PersonColumn).AcceptedTerms,
            Age = StatedAges.Read(reader, AgeColumn),
            Scopes = link?.Scopes,
            LinkedBy = link?.LinkedBy,
            LinkedThrough = link?.LinkedThrough ?? [],
        };
    }
}

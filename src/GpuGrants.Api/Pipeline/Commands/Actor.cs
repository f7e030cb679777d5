using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>Who acts, through which client, for whom: written on every decision, transfer and event.</summary>
/// <param name="PrincipalId">The principal; the empty id for the service itself, as in sweeps.</param>
/// <param name="ClientId">The API client that carried the call.</param>
/// <param name="OnBehalfOf">The organization or person for whom a partner acts; null when nobody acts for another.</param>
public sealed record Actor(Guid PrincipalId, string ClientId, Guid? OnBehalfOf = null)
{
    /// <summary>The person behind the principal; null when the principal is the person.</summary>
    public Guid? PersonId { get; init; }

    /// <summary>Whom limits on people count.</summary>
    public Guid Person => PersonId ?? PrincipalId;

    /// <summary>By which call they act, where the caller names it; null otherwise.</summary>
    public CallNames? Call { get; init; }

    /// <summary>By what a partner acts for somebody else; null when nobody acts for another.</summary>
    public Acting? Acting { get; init; }

    /// <summary>Who asks, as limits on members count: whoever consented to a partner's asking, else the principal.</summary>
    public Guid Member => Acting?.GiverId ?? PrincipalId;

    /// <summary>By what the caller was judged; null when the service acts by itself, or a test.</summary>
    public Authority? Authority { get; init; }

    /// <summary>The client that linked the subject by whose token the caller acts; null for every other caller.</summary>
    public string? LinkedBy { get; init; }

    /// <summary>The clients through which <see cref="LinkedBy"/> came when it linked the subject, as far as they may be forgotten
    /// since.</summary>
    public IReadOnlyList<string> LinkedThrough { get; init; } = [];

    /// <summary>The client of the embedded token server that stands behind what the caller makes. For a linked subject it is the client
    /// that linked it.</summary>
    /// <returns>Null for the service itself, and for tokens of an external issuer.</returns>
    public string? MadeBy() => Authority is { ClientVersion: > 0 } ? ClientId : LinkedBy;

    /// <summary>That client, and those through which a linked subject came to it.</summary>
    /// <returns>Empty where no client stands behind what the caller makes.</returns>
    public IEnumerable<string> MadeThrough() => MadeBy() is { } client ? [client, .. LinkedThrough] : [];

    /// <summary>Whether the service acts by itself.</summary>
    public bool IsService => PrincipalId == Guid.Empty;

    /// <summary>What a transfer says of a request or grant, and of the actor.</summary>
    public TransferContext About(Guid requestId, Guid? grantId, Guid programmeId) =>
        new(requestId, grantId, programmeId, IsService ? null : PrincipalId, ClientId, OnBehalfOf);

    /// <summary>The service acting by itself: expiries and sweeps.</summary>
    public static Actor Service { get; } = new(Guid.Empty, "gpugrants");
}

/// <summary>How a caller names a call, so that it finds again what came of it.</summary>
/// <param name="Traceparent">W3C Trace Context; null where it sent none.</param>
/// <param name="RequestName">Its <c>X-Request-Id</c>; null where it sent none.</param>
public sealed record CallNames(string? Traceparent, string? RequestName);

/// <summary>
/// The versions at which an endpoint judged what its caller may do. A batch proves them inside the transaction that decides: a role that
/// was taken, a client that was revoked or a principal that was disabled before then carries out nothing more. Nor does a program whose
/// person was disabled.
/// </summary>
/// <param name="PrincipalVersion">That of the principal, which grows with its roles.</param>
/// <param name="ClientVersion">That of the API client; 0 for a token of an external issuer, which has none.</param>
public sealed record Authority(long PrincipalVersion, long ClientVersion)
{
    // "offset 0" keeps PostgreSQL from hashing the whole of a table to find a few rows of it.
    private const string ChangedSql = """
        select v.principal, v.client, v.principal_version, v.client_version
        from (select unnest($1) as principal, unnest($2) as client, unnest($3) as principal_version, unnest($4) as client_version) v
            left join lateral (select p.version, p.status, p.person_id from principals p where p.id = v.principal offset 0) p on true
            left join lateral (select h.status from principals h where h.id = p.person_id and h.id <> v.principal offset 0) h on true
            left join lateral (select c.version, c.status, c.expires_at from api_clients c where c.client_id = v.client offset 0) c on true
        where (p.version = v.principal_version and p.status = 'active') is not true or h.status <> 'active'
            or v.client_version > 0
                and (c.version = v.client_version and c.status = 'active' and (c.expires_at is null or c.expires_at > $5)) is not true
        """;

    /// <summary>Finds the actors of whom something has changed since they were judged, or who may act no more.</summary>
    internal static NpgsqlBatchCommand FindChanged(IReadOnlyCollection<JudgedActor> actors, DateTimeOffset at) =>
        new(ChangedSql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. actors.Select(actor => actor.PrincipalId)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. actors.Select(actor => actor.ClientId)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. actors.Select(actor => actor.PrincipalVersion)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. actors.Select(actor => actor.ClientVersion)] },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = at },
            },
        };

    internal static JudgedActor Read(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3));
}

/// <summary>An actor and by what it was judged, and nothing else of it: those whose authority changed are found by equality.</summary>
internal readonly record struct JudgedActor(Guid PrincipalId, string ClientId, long PrincipalVersion, long ClientVersion)
{
    /// <summary>Whose authority a command needs; null when the service acts by itself.</summary>
    public static JudgedActor? Of(Actor actor) =>
        actor.Authority is { } by ? new JudgedActor(actor.PrincipalId, actor.ClientId, by.PrincipalVersion, by.ClientVersion) : null;
}

/// <summary>
/// The consent by which a partner acts for somebody. A batch proves it inside the transaction that decides, as it proves an
/// <see cref="Authority"/>. Only batches with such a command pay for it.
/// </summary>
/// <param name="ConsentId">The consent.</param>
/// <param name="ConsentVersion">Its version when the endpoint judged by it.</param>
/// <param name="PartnerId">The partner that acts.</param>
/// <param name="GiverId">The principal who consented, and so stands for what is asked.</param>
/// <param name="GiverVersion">That principal's version: where a person consented, their memberships are what the partner asks by.</param>
public sealed record Acting(Guid ConsentId, long ConsentVersion, Guid PartnerId, Guid GiverId, long GiverVersion)
{
    // "offset 0": see Authority.
    private const string ChangedSql = """
        select v.consent, v.version, v.giver_version
        from (select unnest($1) as consent, unnest($2) as version, unnest($3) as giver_version) v
            left join lateral (
                select c.version, g.version as giver_version, c.person_id
                from consents c join partners p on p.id = c.partner_id join principals g on g.id = c.given_by
                where c.id = v.consent and c.status = 'active' and (c.expires_at is null or c.expires_at > $4)
                    and p.status = 'active' and g.status = 'active'
                offset 0) c on true
        where (c.version = v.version and (c.person_id is null or c.giver_version = v.giver_version)) is not true
        """;

    /// <summary>Finds the consents that are no longer as they were judged.</summary>
    internal static NpgsqlBatchCommand FindChanged(IReadOnlyList<Acting> actings, DateTimeOffset at) =>
        new(ChangedSql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. actings.Select(one => one.ConsentId)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. actings.Select(one => one.ConsentVersion)] },
                new NpgsqlParameter<long[]> { TypedValue = [.. actings.Select(one => one.GiverVersion)] },
                new NpgsqlParameter<DateTimeOffset> { TypedValue = at },
            },
        };

    internal static (Guid Consent, long Version, long GiverVersion) Read(NpgsqlDataReader row) =>
        (row.GetGuid(0), row.GetInt64(1), row.GetInt64(2));
}

/// <summary>
/// The caller's roles, client or principal changed between the endpoint's judgement and the decision. Nothing was carried out: the endpoint
/// judges again by what holds now.
/// </summary>
public sealed class AuthorityChangedException() : Exception("The caller's authority changed before the command was decided.");

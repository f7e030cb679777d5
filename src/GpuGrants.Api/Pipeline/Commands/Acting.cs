using Npgsql;

namespace GpuGrants.Api.Pipeline.Commands;

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

using BitFaster.Caching.Lru;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access;

/// <summary>
/// Finds the consent by which a partner's client acts for somebody. A replica remembers what it read for five seconds, as it remembers
/// roles; each command proves the consent in its own transaction.
/// </summary>
public sealed class ConsentDirectory(NpgsqlDataSource database, TimeProvider clock)
{
    private const int MaxKnown = 100_000;

    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private static readonly RowReader<Consent> Consents = RowMap
        .Of<Consent>()
        .Part(row => new
        {
            row.Id,
            row.Version,
            row.PartnerId,
            row.GivenBy,
            row.Scopes,
        });
    private static readonly RowReader<Principal> Givers = RowMap.Of<Principal>().Part(row => new { row.PersonId, row.Version });
    private static readonly RowReader<Principal> People = RowMap.Of<Principal>().Part(row => row.AcceptedTerms);

    private static readonly int PeopleColumn = Consents.Width + Givers.Width;
    private static readonly int AgeColumn = PeopleColumn + People.Width;
    private static readonly int OrganizationColumn = AgeColumn + StatedAges.Width;

    // A consent ends with the ownership of whoever gave it; this holds also where it was given in the same batch.
    private static readonly string ByOrganizationSql = Select(
        "array[c.organization_id]",
        $"""
        c.organization_id = $1 and exists (select from role_assignments r where r.principal_id = c.given_by
            and r.resource_id = c.organization_id and r.role = '{Roles.OrganizationOwner}')
        """
    );

    private static readonly string ByPersonSql = Select(
        $"""
        array(select r.resource_id from role_assignments r where r.principal_id = c.person_id
            and r.role in ('{Roles.OrganizationOwner}', '{Roles.OrganizationMember}') order by r.resource_id)
        """,
        "c.person_id = $1"
    );

    private readonly ConcurrentLru<(Guid Principal, OnBehalf Whom), (DateTimeOffset At, GivenConsent Given)> _cache = new(MaxKnown);

    /// <summary>The caller as it acts for somebody.</summary>
    /// <exception cref="ProblemException">404: no partner of the caller has their consent.</exception>
    public async ValueTask<Caller> ActAsync(Caller self, OnBehalf whom, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (!_cache.TryGet((self.PrincipalId, whom), out var known) || now - known.At >= Freshness || now < known.At)
        {
            var given = await Reads.RetryAsync(() => ReadAsync(self.With(Roles.Partner), whom, now, cancellation), cancellation);
            // Only what was consented to is remembered: strangers could fill the memory.
            if (given is null)
                throw Problem.NotFound();
            known = (now, given);
            _cache.AddOrUpdate((self.PrincipalId, whom), known);
        }

        return new Caller(self, whom, known.Given);
    }

    /// <summary>Forgets all that was read: consents have changed on this replica.</summary>
    public void Forget() => _cache.Clear();

    private async Task<GivenConsent?> ReadAsync(Guid[] partners, OnBehalf whom, DateTimeOffset now, CancellationToken cancellation)
    {
        if (partners.Length == 0)
            return null;
        await using var command = database.CreateCommand(whom.IsPerson ? ByPersonSql : ByOrganizationSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = whom.Id });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = partners });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        command.Parameters.Add(
            new NpgsqlParameter { Value = (object?)whom.ConsentId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid }
        );
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;
        var row = Consents.Read(reader);
        var giver = Givers.Read(reader, Consents.Width);
        return new GivenConsent(
            new Acting(row.Id, row.Version, row.PartnerId!.Value, row.GivenBy!.Value, giver.Version),
            giver.PersonId,
            row.Scopes,
            reader.GetFieldValue<Guid[]>(OrganizationColumn),
            People.Read(reader, PeopleColumn).AcceptedTerms,
            StatedAges.Read(reader, AgeColumn)
        );
    }

    private static string Select(string organizations, string whom) =>
        $"""
            select {Consents.Columns("c")}, {Givers.Columns("g")}, {People.Columns("h")}, {StatedAges.Columns("y")}, {organizations}
            from consents c join partners p on p.id = c.partner_id and p.status = 'active'
                join principals g on g.id = c.given_by and g.status = 'active' join principals h on h.id = g.person_id
                left join people y on y.id = g.person_id
            where {whom} and c.partner_id = any($2) and c.status = 'active' and (c.expires_at is null or c.expires_at > $3)
                and ($4 is null or c.id = $4)
            order by cardinality(c.scopes) desc, c.id limit 1
            """;
}

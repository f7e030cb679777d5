using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.People;

/// <summary>
/// What ends when a person leaves: also what programs have that act for the person. It is read under the configuration lock, held alone:
/// nobody gets a client or a role, and no organization is granted anything, before the batch commits.
/// </summary>
internal sealed class LeavingPerson : IBatchReads
{
    private const string Sql = """
        select p.person_id, 'client', c.id, null::uuid, '', null::uuid[], false
        from principals p join api_clients c on c.principal_id = p.id where p.person_id = any ($1) and c.status = 'active'
        union all
        select p.person_id, 'principal', p.id, null, '', null, false from principals p where p.person_id = any ($1)
        union all
        select p.person_id, 'role', r.id, null, '', null, false
        from principals p join role_assignments r on r.principal_id = p.id where p.person_id = any ($1)
        union all
        select l.person_id, 'identity', l.id, null, l.identity, null, false
        from linked_identities l where l.person_id = any ($1) and l.until is null
        union all
        select v.person_id, 'verification', v.id, v.organization_id, '', null, false
        from verifications v where v.person_id = any ($1) and v.ended_at is null
        union all
        select p.person_id, 'consent', c.id, c.organization_id, '', null, false
        from principals p join consents c on c.given_by = p.id or (c.status = 'open' and c.created_by = p.id)
        where p.person_id = any ($1) and c.status <> 'ended'
        union all
        select p.person_id, 'handover', h.id, h.organization_id, '', null, false
        from principals p join handovers h on h.to_principal_id = p.id where p.person_id = any ($1) and h.status = 'open'
        union all
        select owned.person_id, 'organization', o.id, null, o.name,
            array(select a.id from role_assignments a join principals other on other.id = a.principal_id
                where a.resource_id = o.id and a.role = $2 and other.person_id <> owned.person_id),
            exists (select from grants g where g.organization_id = o.id and g.ended_at is null)
                or exists (select from requests q where q.organization_id = o.id and q.status = 'in-review')
        from (select distinct p.person_id, r.resource_id from principals p join role_assignments r on r.principal_id = p.id
            where p.person_id = any ($1) and r.role = $2) owned
            join organizations o on o.id = owned.resource_id and o.status <> $3
        union all
        select p.person_id, 'administration', r.id, null, '', null, false
        from principals p join role_assignments r on r.principal_id = p.id where p.person_id = any ($1) and r.role = $4
        union all
        select own.person_id, 'administrator', a.id, other.person_id, '', null, false
        from unnest($1::uuid[]) as own(person_id), role_assignments a join principals other on other.id = a.principal_id
        where a.role = $4 and other.status = 'active' and other.person_id <> own.person_id
        """;

    private readonly Dictionary<Guid, Belonging> _known = [];
    private readonly HashSet<Guid> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for what the person has, and then for the rows of it.</summary>
    /// <returns>Null until it was read.</returns>
    public Belonging? Plan(BatchState batch, Guid person)
    {
        if (!_known.TryGetValue(person, out var has))
        {
            _wants.Add(person);
            return null;
        }

        foreach (var id in has.Clients)
            batch.Rows<ApiClient>().Want(new RowKey(id));
        foreach (
            var id in has
                .Roles.Concat(has.Organizations.SelectMany(one => one.OtherOwners))
                .Concat(has.OtherAdministrators.Select(one => one.Role))
        )
            batch.Rows<RoleAssignment>().Want(new RowKey(id));
        foreach (var (id, organization) in has.Consents)
        {
            batch.Rows<Consent>().Want(new RowKey(id));
            if (organization is { } given)
                batch.Rows<Organization>().Want(new RowKey(given));
        }

        foreach (var id in has.Handovers)
            batch.Rows<HandoverRow>().Want(new RowKey(id));
        foreach (var hash in has.Identities)
            batch.Rows<LinkedIdentity>().Want(RowKey.Of(hash));
        foreach (var id in has.Verified.Select(one => one.Organization).Concat(has.Organizations.Select(one => one.Id)))
            batch.Rows<Organization>().Want(new RowKey(id));
        return has;
    }

    /// <summary>What the person has.</summary>
    /// <exception cref="KeyNotFoundException">Nobody planned it.</exception>
    public Belonging Of(Guid person) => _known[person];

    public NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants] },
                new NpgsqlParameter<string> { TypedValue = Roles.OrganizationOwner },
                new NpgsqlParameter<string> { TypedValue = OrganizationStatus.Closed },
                new NpgsqlParameter<string> { TypedValue = Roles.PlatformAdministrator },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        foreach (var person in _wants)
            _known[person] = new Belonging();
        _wants.Clear();
        while (await reader.ReadAsync())
            Add(_known[reader.GetGuid(0)], reader);
    }

    private static void Add(Belonging has, NpgsqlDataReader row)
    {
        var id = row.GetGuid(2);
        switch (row.GetString(1))
        {
            case "client":
                has.Clients.Add(id);
                break;
            case "role":
                has.Roles.Add(id);
                break;
            case "consent":
                has.Consents.Add((id, row.IsDBNull(3) ? null : row.GetGuid(3)));
                break;
            case "handover":
                has.Handovers.Add(id);
                break;
            case "identity":
                has.Identities.Add(row.GetString(4));
                break;
            case "verification":
                has.Verified.Add((row.GetGuid(3), id));
                break;
            case "principal":
                has.Principals.Add(id);
                break;
            case "administration":
                has.Administers = true;
                break;
            case "administrator":
                has.OtherAdministrators.Add((id, row.GetGuid(3)));
                break;
            default:
                has.Organizations.Add(new OwnedOrganization(id, row.GetString(4), row.GetFieldValue<Guid[]>(5), row.GetBoolean(6)));
                break;
        }
    }
}

/// <summary>What belongs to one person, by ids.</summary>
internal sealed class Belonging
{
    /// <summary>The person, and the programs that act for them.</summary>
    public HashSet<Guid> Principals { get; } = [];

    /// <summary>Active clients of the person's principals.</summary>
    public List<Guid> Clients { get; } = [];

    public List<Guid> Roles { get; } = [];

    /// <summary>Consents that the person gave to partners, and unused codes of theirs, with the organizations for which.</summary>
    public List<(Guid Id, Guid? Organization)> Consents { get; } = [];

    /// <summary>Open handovers that name the person as the next owner.</summary>
    public List<Guid> Handovers { get; } = [];

    /// <summary>Linked subjects, by their hashes.</summary>
    public List<string> Identities { get; } = [];

    /// <summary>Organizations that the person's identity verifies, with the verifications.</summary>
    public List<(Guid Organization, Guid Verification)> Verified { get; } = [];

    /// <summary>Whether the person administers the platform.</summary>
    public bool Administers { get; set; }

    /// <summary>Roles of other administrators, not suspended when the batch began, with the people who have them.</summary>
    public List<(Guid Role, Guid Person)> OtherAdministrators { get; } = [];

    /// <summary>Whether the principal, which an earlier command of the batch may just have made, acts for the person.</summary>
    public bool Acts(BatchState batch, Guid person, Guid principal) =>
        Principals.Contains(principal) || batch.Rows<Principal>().Inserts.Any(row => row.Id == principal && row.PersonId == person);

    /// <summary>Whether the platform has no other administrator, whatever the commands before this one in the batch did.</summary>
    public bool AdministersAlone(BatchState batch, Guid person)
    {
        var roles = batch.Rows<RoleAssignment>();
        return Administers
            && !OtherAdministrators.Exists(other => IsThere(other.Role) && !IsSuspended(other.Person))
            && !roles.Inserts.Any(row =>
                row.Role == Http.Callers.Roles.PlatformAdministrator
                && !Acts(batch, person, row.PrincipalId)
                && !IsSuspended(batch.Rows<Principal>().FindKnown(new RowKey(row.PrincipalId))?.PersonId ?? row.PrincipalId)
                && IsThere(row.Id)
            );

        bool IsThere(Guid role) => roles.Find(new RowKey(role)) is not null;
        bool IsSuspended(Guid one) => batch.Rows<Suspension>().Inserts.Any(row => row.PersonId == one);
    }

    /// <summary>Organizations, not closed, that the person owns.</summary>
    public List<OwnedOrganization> Organizations { get; } = [];
}

/// <summary>An organization that a person owns.</summary>
/// <param name="Id">The organization.</param>
/// <param name="Name">Its name.</param>
/// <param name="OtherOwners">Roles by which other people own it.</param>
/// <param name="IsBusy">Whether it had open grants, or requests that wait, when the batch began.</param>
internal sealed record OwnedOrganization(Guid Id, string Name, Guid[] OtherOwners, bool IsBusy)
{
    /// <summary>Whether nobody else owns it, whatever the commands before this one in the batch did.</summary>
    public bool IsOwnedAlone(BatchState batch, Predicate<Guid> leaves) => !OrganizationOwners.Remain(batch, Id, OtherOwners, leaves);

    /// <summary>The same of open grants and requests that wait.</summary>
    public bool IsBusyNow(BatchState batch) =>
        IsBusy
        || batch.Rows<Grant>().Inserts.Any(row => row.OrganizationId == Id)
        || batch.Rows<Request>().Inserts.Any(row => row.OrganizationId == Id && row.Status == RequestStatus.InReview);
}

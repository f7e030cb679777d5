using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.People;

/// <summary>
/// The organizations that a person owns, with the other owners and with what is still open. It is read under the platform's lock, held
/// alone: nobody else is let in, leaves or is granted anything before the batch commits.
/// </summary>
internal sealed class SoleOwnership : PendingRows
{
    private const string Sql = """
        select r.principal_id, o.id, o.name,
            array(select a.id from role_assignments a
                where a.resource_id = o.id and a.role = r.role and a.principal_id <> r.principal_id),
            exists (select from grants g where g.organization_id = o.id and g.ended_at is null)
                or exists (select from requests q where q.organization_id = o.id and q.status = 'in-review')
        from role_assignments r join organizations o on o.id = r.resource_id
        where r.principal_id = any ($1) and r.role = $2 and o.status <> $3
        """;

    private readonly Dictionary<Guid, List<Owned>> _known = [];
    private readonly HashSet<Guid> _wants = [];

    public override bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the person's organizations, and then for all rows by which <see cref="Of"/> judges them.</summary>
    public void Plan(BatchState batch, Guid person)
    {
        if (!_known.TryGetValue(person, out var owned))
        {
            _wants.Add(person);
            return;
        }

        foreach (var one in owned)
        {
            batch.Rows<Organization>().Want(new RowKey(one.Id));
            foreach (var other in one.OtherOwners)
                batch.Rows<RoleAssignment>().Want(new RowKey(other));
        }
    }

    /// <summary>The organizations that nobody else owns, whatever the commands before this one in the batch did.</summary>
    /// <returns>Their names and whether they have open grants or requests that wait.</returns>
    /// <exception cref="KeyNotFoundException">Nobody planned it.</exception>
    public IReadOnlyList<(Guid Id, string Name, bool IsBusy)> Of(BatchState batch, Guid person) =>
        [
            .. _known[person]
                .Where(one => !one.OtherOwners.Any(other => batch.Rows<RoleAssignment>().Find(new RowKey(other)) is not null))
                .Where(one => !batch.Rows<RoleAssignment>().Inserts.Any(row => OwnsBeside(row, one.Id, person)))
                .Select(one => (one.Id, one.Name, one.IsBusy || HasNews(batch, one.Id))),
        ];

    public override NpgsqlBatchCommand Read() =>
        new(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants] },
                new NpgsqlParameter<string> { TypedValue = Roles.OrganizationOwner },
                new NpgsqlParameter<string> { TypedValue = OrganizationStatus.Closed },
            },
        };

    public override async Task TakeAsync(NpgsqlDataReader reader)
    {
        foreach (var person in _wants)
            _known[person] = [];
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[reader.GetGuid(0)]
                .Add(new Owned(reader.GetGuid(1), reader.GetString(2), reader.GetFieldValue<Guid[]>(3), reader.GetBoolean(4)));
    }

    /// <summary>It only reads.</summary>
    public override void AddWrites(NpgsqlBatch batch) { }

    private static bool OwnsBeside(RoleAssignment row, Guid organization, Guid person) =>
        row.ResourceId == organization && row.Role == Roles.OrganizationOwner && row.PrincipalId != person;

    /// <summary>Whether the batch itself grants the organization something, or has it wait for a person.</summary>
    private static bool HasNews(BatchState batch, Guid organization) =>
        batch.Rows<Grant>().Inserts.Any(row => row.OrganizationId == organization)
        || batch.Rows<Request>().Inserts.Any(row => row.OrganizationId == organization && row.Status == RequestStatus.InReview);

    private sealed record Owned(Guid Id, string Name, Guid[] OtherOwners, bool IsBusy);
}

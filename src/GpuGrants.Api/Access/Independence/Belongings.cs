using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Independence;
using Npgsql;

namespace GpuGrants.Api.Access.Independence;

/// <summary>
/// The dated roles of the people who decide in a batch, read inside the transaction that decides. Only people's decisions want them: what
/// rules decide reads nothing here.
/// </summary>
public sealed class Belongings : IBatchReads
{
    private const string Sql = """
        select v.principal_id, b.role, b.resource_id, b.until, o.kind,
            array(select distinct a.id from requests r join programmes g on g.id = r.programme_id cross join unnest(g.path) as a(id)
                where r.organization_id = o.id),
            (select count(*) from role_assignments a where a.role = 'platform-administrator'),
            (select w.id from independence_waivers w where w.ended_at is null order by w.expires_at desc limit 1),
            (select w.expires_at from independence_waivers w where w.ended_at is null order by w.expires_at desc limit 1),
            p.id,
            exists (select from people q where q.id = me.person_id and q.status = 'active')
                or exists (select from principals x where x.person_id = me.person_id and x.external_subject is not null)
        from unnest($1::uuid[]) as v(principal_id)
        join principals me on me.id = v.principal_id
        join principals p on p.person_id = me.person_id
        left join lateral (
            select t.role, t.resource_id, null::timestamptz as until from role_assignments t where t.principal_id = p.id
            union all
            select t.role, t.resource_id, t.until from past_roles t where t.principal_id = p.id) b on true
        left join organizations o on o.id = b.resource_id
        """;

    private readonly Dictionary<Guid, List<Belonging>> _known = [];
    private readonly HashSet<Guid> _wants = [];
    private readonly HashSet<Guid> _administrators = [];
    private readonly HashSet<Guid> _proved = [];
    private readonly Dictionary<Decider, Guid> _waived = [];
    private long _administratorCount;
    private (Guid Id, DateTimeOffset ExpiresAt)? _waiver;

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for a principal's roles, past and present, unless they were read before.</summary>
    public void Want(Guid principalId)
    {
        if (!_known.ContainsKey(principalId))
            _wants.Add(principalId);
    }

    /// <summary>Everything that the principal belongs or belonged to.</summary>
    /// <exception cref="InvalidOperationException">Nobody wanted it: the command's plan and its decision disagree.</exception>
    public IReadOnlyList<Belonging> Of(Guid principalId) =>
        _known.TryGetValue(principalId, out var known)
            ? known
            : throw new InvalidOperationException($"The roles of principal {principalId} were not planned.");

    /// <summary>
    /// Whether somebody proved who they are: by an address, or by the external issuer. Principals that an administrator only named may be
    /// one human, however many they are.
    /// </summary>
    /// <exception cref="InvalidOperationException">Nobody wanted it: the command's plan and its decision disagree.</exception>
    public bool IsProved(Guid principalId) => Of(principalId).Count > 0 && _proved.Contains(principalId);

    /// <summary>Whether the principal is the platform's only administrator.</summary>
    public bool IsOnlyAdministrator(Guid principalId) => _administratorCount == 1 && _administrators.Contains(principalId);

    /// <summary>The waiver by which a platform's only administrator decides all the same; null when none helps.</summary>
    public Guid? WaiverOf(Guid principalId, DateTimeOffset at) =>
        IsOnlyAdministrator(principalId) && _waiver is { } waiver && at < waiver.ExpiresAt ? waiver.Id : null;

    /// <summary>Notes by which waiver somebody decides in this try of the batch; null for by none.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Waive(Decider decider, Guid? waiver)
    {
        _waived.Remove(decider);
        if (waiver is { } id)
            _waived.Add(decider, id);
        return waiver is not null;
    }

    /// <summary>The waiver by which they decide; null for none.</summary>
    public Guid? WaivedFor(Decider decider) => _waived.TryGetValue(decider, out var waiver) ? waiver : null;

    public NpgsqlBatchCommand Read() => new(Sql) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants] } } };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        foreach (var principal in _wants)
            _known[principal] = [new Belonging(PartyKind.Person, principal, null)];
        _wants.Clear();
        while (await reader.ReadAsync())
        {
            Take(reader);
            _administratorCount = reader.GetInt64(6);
            _waiver = reader.IsDBNull(7) ? null : (reader.GetGuid(7), reader.GetFieldValue<DateTimeOffset>(8));
        }
    }

    private void Take(NpgsqlDataReader reader)
    {
        var principal = reader.GetGuid(0);
        if (reader.GetBoolean(10))
            _proved.Add(principal);
        // Whoever acts through several principals is one person.
        var person = new Belonging(PartyKind.Person, reader.GetGuid(9), null);
        if (!_known[principal].Contains(person))
            _known[principal].Add(person);
        if (reader.IsDBNull(1))
            return;
        var role = reader.GetString(1);
        DateTimeOffset? until = reader.IsDBNull(3) ? null : reader.GetFieldValue<DateTimeOffset>(3);
        if (role == Roles.PlatformAdministrator && until is null && person.Id == principal)
            _administrators.Add(principal);
        if (KindOf(role) is not { } kind)
            return;
        _known[principal]
            .Add(
                new Belonging(kind, reader.GetGuid(2), until)
                {
                    OrganizationKind = reader.IsDBNull(4) ? null : reader.GetString(4),
                    AskedIn = reader.GetFieldValue<Guid[]>(5),
                }
            );
    }

    /// <summary>The platform is no party: it gains by no decision.</summary>
    private static PartyKind? KindOf(string role) =>
        role switch
        {
            Roles.OrganizationOwner or Roles.OrganizationMember => PartyKind.Organization,
            Roles.ProviderOperator => PartyKind.Provider,
            Roles.Partner => PartyKind.Partner,
            Roles.ProgrammeAdministrator or Roles.ProgrammeReviewer => PartyKind.Programme,
            _ => null,
        };
}

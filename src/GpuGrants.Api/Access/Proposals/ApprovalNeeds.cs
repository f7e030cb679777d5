using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Access.Proposals;

/// <summary>
/// How many approvals the rules ask for under which a programme's reviewer would decide. These are rules of the programme, of those above
/// and below it, and of the platform. The empty id stands for the platform, whose administrators decide under all rules.
/// </summary>
public sealed class ApprovalNeeds : ReadByKey<Guid, int>
{
    // Lax paths: a document that cannot be read asks for nothing here, and refers every request to people.
    private const string Text = """
        select v.programme, coalesce(max(n.count::text::numeric), 1)::int
        from unnest($1::uuid[]) as v(programme)
        left join programmes g on g.id = v.programme
        left join quota_policies p on p.organization_id is null
            and (v.programme = '00000000-0000-0000-0000-000000000000' or p.programme_id is null or p.programme_id = any (g.path)
                or exists (select from programmes below where below.id = p.programme_id and v.programme = any (below.path)))
        left join quota_policy_versions d on d.policy_id = p.id and (d.status = 'published' or d.retired_from > $2)
            and not exists (select from quota_policy_versions later where later.policy_id = d.policy_id and later.number > d.number
                and later.status = 'published' and later.effective_from <= $2)
        left join lateral jsonb_path_query(d.document, 'lax $.rules[*] ? (@.outcome == "review").approvals.count ? (@ > 1)') as n(count)
            on true
        group by v.programme
        """;

    protected override string Sql => Text;

    /// <summary>Asks for the need of one programme; the empty id for the platform.</summary>
    public void Want(Guid programme, DateTimeOffset at)
    {
        At = at;
        Find(programme);
    }

    /// <summary>The most approvals that such a rule asks for.</summary>
    /// <exception cref="KeyNotFoundException">Nobody wanted it: the command's plan and its decision disagree.</exception>
    public int NeedOf(Guid programme) => Of(programme)[0];

    protected override (Guid Key, int Found) Read(NpgsqlDataReader row) => (row.GetGuid(0), row.GetInt32(1));
}

using GpuGrants.Api.Pipeline.Counters;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Quotas.Headroom;

/// <summary>What has to be read to say where an organization stands in a tree.</summary>
/// <param name="Tree">The tree.</param>
/// <param name="OrganizationId">The organization.</param>
/// <param name="Subjects">Whose counters its rules ask.</param>
internal sealed record HeadroomQuestion(TreeId Tree, Guid OrganizationId, IReadOnlyList<(TreeId Tree, SubjectId Id)> Subjects);

/// <summary>
/// The rows for many questions, read by one statement. A statement sees one moment, so the versions that it reads prove the counters beside
/// them.
/// </summary>
internal sealed class HeadroomRows
{
    // What SeenOrganization takes of the row. A partner that vouches verifies nothing, so VouchedBy is not read.
    private static readonly RowReader<Organization> OrganizationColumns = RowMap
        .Of<Organization>()
        .Part(row => new
        {
            row.Id,
            row.Kind,
            row.CreatedAt,
            row.VerifiedLevel,
            row.VerifiedUntil,
            row.PartnerId,
            row.OwnerIds,
        });

    private static readonly RowReader<ProgrammeTree> TreeColumns = RowMap
        .Of<ProgrammeTree>()
        .Part(row => new
        {
            row.Tree,
            row.ConfigVersion,
            row.LastAt,
        });

    private static readonly RowMap<SubjectCountersRow> CountersColumns = RowMap.Of<SubjectCountersRow>();

    // Each array is a list of its own; the shorter ones end in nulls. "offset 0" as in RowMap. PostgreSQL would plan each call anew for an
    // array that it sees, which costs twice the statement. Behind "select" it does not.
    private static readonly string Sql = $"""
        select {OrganizationColumns.Columns("o")}, {TreeColumns.Columns("t")}, {CountersColumns.Columns("c")}
        from (
            select unnest((select $1::uuid[])) as organization, unnest((select $2::uuid[])) as tree,
                unnest((select $3::uuid[])) as root, unnest((select $4::text[])) as subject) v
        left join lateral (select * from organizations o where o.id = v.organization offset 0) o on true
        left join lateral (select * from programme_trees t where t.root_programme_id = v.tree offset 0) t on true
        left join lateral (
            select * from subject_counters c where c.root_programme_id = v.root and c.subject_id = v.subject offset 0) c on true
        """;

    private static readonly int FirstOfTree = OrganizationColumns.Width;
    private static readonly int FirstOfCounters = FirstOfTree + TreeColumns.Width;

    private readonly Dictionary<Guid, Organization> _organizations = [];
    private readonly Dictionary<Guid, ProgrammeTree> _trees = [];
    private readonly Dictionary<(Guid Root, string Subject), SubjectCountersRow> _counters = [];

    /// <summary>Reads in one statement what all questions ask.</summary>
    public static async Task<HeadroomRows> ReadAsync(NpgsqlDataSource database, IReadOnlyList<HeadroomQuestion> questions)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var command = Select(questions);
        command.Connection = connection;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new HeadroomRows();
        while (await reader.ReadAsync())
            rows.Take(reader);
        return rows;
    }

    /// <summary>The organization; null when there is none.</summary>
    public Organization? Organization(Guid id) => _organizations.GetValueOrDefault(id);

    /// <summary>The tree's versions; null when there is no such tree.</summary>
    public ProgrammeTree? Tree(TreeId id) => _trees.GetValueOrDefault(id.Value);

    /// <summary>The counters of a question's subjects.</summary>
    /// <exception cref="FormatException">A row's counters are damaged.</exception>
    public CountersInMemory CountersOf(HeadroomQuestion question)
    {
        var counters = new CountersInMemory();
        foreach (var (tree, id) in question.Subjects)
            if (_counters.TryGetValue((tree.Value, id.ToString()), out var row))
                foreach (var (signature, counter) in SubjectCountersStore.Unpack(row).All)
                    counters.Set(new CounterKey(tree, signature, id), counter);
        return counters;
    }

    private static NpgsqlCommand Select(IReadOnlyList<HeadroomQuestion> questions)
    {
        var subjects = questions.SelectMany(one => one.Subjects).Distinct().ToList();
        return new NpgsqlCommand(Sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. questions.Select(one => one.OrganizationId).Distinct()] },
                new NpgsqlParameter<Guid[]>
                {
                    TypedValue = [.. questions.Select(one => one.Tree.Value).Append(TreeId.Platform.Value).Distinct()],
                },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. subjects.Select(one => one.Tree.Value)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. subjects.Select(one => one.Id.ToString())] },
            },
        };
    }

    private void Take(NpgsqlDataReader reader)
    {
        if (!reader.IsDBNull(0) && OrganizationColumns.Read(reader) is var organization)
            _organizations.Add(organization.Id, organization);
        if (!reader.IsDBNull(FirstOfTree) && TreeColumns.Read(reader, FirstOfTree) is var tree)
            _trees.Add(tree.Tree, tree);
        if (!reader.IsDBNull(FirstOfCounters) && CountersColumns.Read(reader, FirstOfCounters) is var row)
            _counters.Add((row.Tree, row.SubjectId), row);
    }
}

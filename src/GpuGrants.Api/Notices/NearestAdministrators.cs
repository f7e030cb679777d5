using Npgsql;

namespace GpuGrants.Api.Notices;

/// <summary>Who is told what a programme's administrators should know.</summary>
internal static class NearestAdministrators
{
    /// <summary>
    /// Those of the programme itself. Where none gets mail, those of the nearest programme above that has some. Who turned the kind off
    /// is asked last: then nobody is told in their place.
    /// </summary>
    private const string Sql = """
        select wanted.id, n.person_id, n.email, n.language
        from unnest($1) wanted (id) join programmes p on p.id = wanted.id
        cross join lateral (
            select distinct m.person_id, m.email, m.language, m.muted_mail,
                dense_rank() over (order by array_position(p.path, m.resource_id)) as level
            from mail_readers m where m.resource_id = any (p.path) and m.role = 'programme-administrator'
        ) n
        where n.level = 1 and not $2 = any (n.muted_mail)
        """;

    /// <summary>The readers of each programme.</summary>
    /// <param name="transaction">The round.</param>
    /// <param name="programmes">The programmes.</param>
    /// <param name="kind">The kind of mail.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<ILookup<Guid, Reader>> OfAsync(
        NpgsqlTransaction transaction,
        Guid[] programmes,
        string kind,
        CancellationToken cancellation
    )
    {
        var found = await transaction.ListAsync(
            Sql,
            row => (Programme: row.GetGuid(0), Reader: row.ReaderAt(1)),
            cancellation,
            programmes,
            kind
        );
        return found.ToLookup(one => one.Programme, one => one.Reader);
    }
}

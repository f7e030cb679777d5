using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Feed;

/// <summary>Finds the trees in which a caller may see events.</summary>
internal static class FeedTrees
{
    private const string AllSql = """
        select $1::uuid union all select id from programmes where id = root_programme_id limit $2
        """;

    private const string OwnSql = """
        select root from (
            select $1::uuid as root
            union select root_programme_id from programmes where id = any($3)
            union select root_programme_id from offers where provider_id = any($4)
            union select root_programme_id from standing_terms where provider_id = any($4)
            union select root_programme_id from requests where organization_id = any($5)
            union select root_programme_id from quota_increases where organization_id = any($5)
            union select root_programme_id from quotes where person_id = $6
        ) trees limit $2
        """;

    /// <summary>
    /// The platform's tree, and those of the caller's programmes, of offers and standing terms of its providers, of what its organizations
    /// asked for, and of its person's quotes.
    /// </summary>
    /// <param name="database">The service's data source.</param>
    /// <param name="caller">Who reads.</param>
    /// <param name="max">The most that are looked for.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>At most <paramref name="max"/> trees.</returns>
    public static async Task<Guid[]> OfAsync(NpgsqlDataSource database, Caller caller, int max, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(caller.IsPlatformAdministrator ? AllSql : OwnSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = TreeId.Platform.Value });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
        if (!caller.IsPlatformAdministrator)
        {
            foreach (var ids in (ReadOnlySpan<Guid[]>)[caller.ReviewedProgrammes, caller.Providers, caller.Organizations])
                command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = caller.Actor.Person });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return [.. await reader.ListAsync(row => row.GetGuid(0), cancellation)];
    }
}

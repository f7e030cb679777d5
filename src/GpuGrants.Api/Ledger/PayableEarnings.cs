using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace GpuGrants.Api.Ledger;

/// <summary>
/// What of a provider's earnings nobody may pay out yet: usage of grants that are not settled, or that may still be disputed. A batch reads
/// it for payments by hand. What is disputed has left the earnings already.
/// </summary>
public sealed class PayableEarnings : IBatchReads
{
    private static readonly string OneSql = $"select ({NotYet("{0}", "{1}", "{2}")}) as \"Value\"";

    private static readonly string ManySql = $"""
        select v.root, v.provider, ({NotYet("v.root", "v.provider", "v.settled_before")})
        from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as v(root, provider, settled_before)
        """;

    private readonly Dictionary<(TreeId Tree, Guid Provider), long> _known = [];
    private readonly Dictionary<(TreeId Tree, Guid Provider), DateTimeOffset> _wants = [];

    public bool HasWants => _wants.Count > 0;

    /// <summary>Asks for the earnings of a provider in a tree, unless they were read before.</summary>
    /// <param name="settledBefore">Grants that were settled later may still be disputed.</param>
    public void Want(TreeId tree, Guid provider, DateTimeOffset settledBefore)
    {
        if (!_known.ContainsKey((tree, provider)))
            _wants[(tree, provider)] = settledBefore;
    }

    /// <summary>
    /// In 1/3,600,000 credit, with what this very batch moved there for grants, less what it moved away again for the same grant. What
    /// leaves for one grant makes no room for what others may not be paid yet.
    /// </summary>
    /// <param name="tree">The tree.</param>
    /// <param name="provider">The provider.</param>
    /// <param name="accountId">The account of its earnings in the tree.</param>
    public long NotYetOf(TreeChanges tree, Guid provider, Guid accountId) =>
        _known[(tree.Id, provider)]
        + tree.Transfers.Where(one => one.Context.GrantId is not null)
            .GroupBy(one => one.Context.GrantId, one => NetOf(one, accountId))
            .Sum(ofGrant => Math.Max(0, ofGrant.Sum()));

    /// <summary>The same outside of a batch.</summary>
    public static Task<long> NotYetAsync(
        GpuGrantsContext db,
        AccountRow earned,
        DateTimeOffset settledBefore,
        CancellationToken cancellation
    ) => db.Database.SqlQueryRaw<long>(OneSql, earned.RootProgrammeId, earned.OwnerId, settledBefore).SingleAsync(cancellation);

    public NpgsqlBatchCommand Read() =>
        new(ManySql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Keys.Select(key => key.Tree.Value)] },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. _wants.Keys.Select(key => key.Provider)] },
                new NpgsqlParameter<DateTimeOffset[]> { TypedValue = [.. _wants.Values] },
            },
        };

    public async Task ReceiveAsync(NpgsqlDataReader reader)
    {
        _wants.Clear();
        while (await reader.ReadAsync())
            _known[(TreeId.Of(reader.GetGuid(0)), reader.GetGuid(1))] = reader.GetInt64(2);
    }

    private static long NetOf(Transfer one, Guid accountId) =>
        one.CreditAccountId == accountId ? one.Amount
        : one.DebitAccountId == accountId ? -one.Amount
        : 0;

    private static string NotYet(string root, string provider, string settledBefore) =>
        $"""
            select coalesce(sum(g.used_gpu_seconds * g.millicredits_per_gpu_hour - coalesce((select sum(d.credits)
                from usage_disputes d where d.grant_id = g.id and d.status = 'open'), 0)), 0)::bigint
            from grants g where g.root_programme_id = {root} and g.provider_id = {provider} and g.used_gpu_seconds > 0
                and (g.status <> 'ended' or g.settles_at > {settledBefore})
            """;
}

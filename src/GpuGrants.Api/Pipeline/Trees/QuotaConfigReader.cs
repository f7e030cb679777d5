using System.Collections.Frozen;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>Reads and compiles the quotas of a tree inside the deciding transaction.</summary>
public static class QuotaConfigReader
{
    /// <summary>The zone of policies of the platform that name none.</summary>
    public const string PlatformTimeZone = "UTC";

    private static readonly RowReader<QuotaPolicy> Policies = RowMap
        .Of<QuotaPolicy>()
        .Part(row => new
        {
            row.ProgrammeId,
            row.OrganizationId,
            row.Name,
        });
    private static readonly RowMap<QuotaPolicyVersion> Versions = RowMap.Of<QuotaPolicyVersion>();
    private static readonly RowMap<QuotaOverrideRow> Overrides = RowMap.Of<QuotaOverrideRow>();
    private static readonly RowMap<QuotaSignatureRow> Signatures = RowMap.Of<QuotaSignatureRow>();

    private static readonly string PoliciesSql = $"""
        select {Versions.Columns("v")}, {Policies.Columns("p")},
               least(v.retired_from, min(v.effective_from) over later) as effective_until
        from quota_policies p join quota_policy_versions v on v.root_programme_id = p.root_programme_id and v.policy_id = p.id
        where ($1 is null or p.root_programme_id = any($1)) and v.status <> 'draft'
        window later as (partition by p.id order by v.number rows between 1 following and unbounded following)
        order by p.id, v.number
        """;

    private static readonly string OverridesSql = $"""
        select {Overrides.Columns("o")}
        from quota_overrides o
        where ($1 is null or o.root_programme_id = any($1)) and ($2 is null or coalesce(least(o.expires_at, o.ended_at), 'infinity') > $2)
        order by o.id
        """;

    private static readonly string SignaturesSql =
        $"select {Signatures.Columns("s")} from quota_signatures s where $1 is null or s.root_programme_id = any($1)";

    public static async Task<QuotaConfig> ReadAsync(
        NpgsqlConnection connection,
        TreeId tree,
        FrozenDictionary<Guid, ProgrammeConfig> programmes,
        DateTimeOffset at
    )
    {
        var policies = await ReadPoliciesAsync(connection, [tree, TreeId.Platform], id => programmes.GetValueOrDefault(id)?.TimeZone);
        var (over, current) = (
            policies.FindAll(policy => policy.EffectiveUntil <= at),
            policies.FindAll(policy => !(policy.EffectiveUntil <= at))
        );
        // What carries over is reckoned by what was in force when past windows closed.
        var since = CompiledQuotas.Compile(current.FindAll(policy => policy.CarriesOver), []).CarriesFrom(at) ?? at;
        var past = over.FindAll(policy => policy.CarriesOver && policy.EffectiveUntil > since);
        var overrides = await ReadOverridesAsync(connection, [tree, TreeId.Platform], since);
        var compiled = CompiledQuotas.Compile(current, overrides, past);
        var stored = await ReadSignaturesAsync(connection, [tree, TreeId.Platform]);
        var stale = stored.Where(one => !compiled.CountsBy(one.Signature)).ToHashSet();
        // Only by what is in force: versions that are over also bring back rules whose counters were dropped long ago.
        var missing = compiled.Signatures.Where(signature => !stored.Contains((signature.SignatureTreeOf(tree), signature.Id))).ToList();
        if (StillCounted(over, stale) is { Count: > 0 } ended)
            compiled = CompiledQuotas.Compile([.. current, .. ended], overrides, past.FindAll(policy => !ended.Contains(policy)));
        return new QuotaConfig(
            compiled,
            [.. missing],
            [.. stale.Where(one => one.Tree == tree)],
            [.. overrides.Where(one => !(one.Until <= at))]
        );
    }

    /// <summary>
    /// Versions of the platform that are over, but whose counters the platform's own tree has not dropped yet. All trees go on counting by
    /// them: if only some did, the counters would be wrong when their rules come back.
    /// </summary>
    private static List<PublishedPolicy> StillCounted(List<PublishedPolicy> over, HashSet<(TreeId Tree, Guid Signature)> stale)
    {
        if (!stale.Any(one => one.Tree.IsPlatform))
            return [];
        return
        [
            .. CompiledQuotas
                .Compile(over.FindAll(policy => policy.ScopeProgrammeId is null), [])
                .Rules.Where(rule => stale.Contains((TreeId.Platform, rule.Signature.Id)))
                .Select(rule => rule.Policy)
                .Distinct(),
        ];
    }

    /// <summary>Every published version of these trees, of all when null, whether it is in force or not.</summary>
    public static async Task<List<PublishedPolicy>> ReadPoliciesAsync(
        NpgsqlConnection connection,
        TreeId[]? trees,
        Func<Guid, string?> timeZoneOf
    )
    {
        await using var command = new NpgsqlCommand(PoliciesSql, connection) { Parameters = { Trees(trees) } };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ListAsync(row => PolicyOf(row, timeZoneOf));
    }

    private static PublishedPolicy PolicyOf(NpgsqlDataReader row, Func<Guid, string?> timeZoneOf)
    {
        var (version, policy) = (Versions.Read(row), Policies.Read(row, Versions.Width));
        var until = Versions.Width + Policies.Width;
        return new PublishedPolicy
        {
            PolicyId = version.PolicyId,
            ScopeProgrammeId = policy.ProgrammeId,
            ScopeOrganizationId = policy.OrganizationId,
            Name = policy.Name,
            Version = version.Number,
            TimeZone = ZoneOf(policy.ProgrammeId, timeZoneOf),
            EffectiveFrom = version.EffectiveFrom!.Value,
            EffectiveUntil = row.IsDBNull(until) ? null : row.GetFieldValue<DateTimeOffset>(until),
            Document = null,
        }.WithStored(version.Document);
    }

    /// <summary>
    /// The overrides of these trees, of all when null, that hold at the moment or later; every one that ever was without a moment.
    /// </summary>
    public static async Task<List<QuotaOverride>> ReadOverridesAsync(NpgsqlConnection connection, TreeId[]? trees, DateTimeOffset? at)
    {
        await using var command = new NpgsqlCommand(OverridesSql, connection)
        {
            Parameters =
            {
                Trees(trees),
                new() { Value = (object?)at ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
            },
        };
        await using var reader = await command.ExecuteReaderAsync();
        return [.. (await Overrides.ListAsync(reader)).Select(row => row.ToOverride())];
    }

    /// <summary>The zone of a policy that names none: its programme's, else the platform's.</summary>
    public static string ZoneOf(Guid? programme, Func<Guid, string?> timeZoneOf) =>
        (programme is { } id ? timeZoneOf(id) : null) ?? PlatformTimeZone;

    /// <summary>A parameter for <c>$1 is null or … = any($1)</c>: these trees, or all when null.</summary>
    internal static NpgsqlParameter Trees(TreeId[]? trees) =>
        new()
        {
            Value = (object?)trees?.Select(tree => tree.Value).ToArray() ?? DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid,
        };

    /// <summary>The signatures of these trees, of all when null, whose history was folded.</summary>
    internal static async Task<HashSet<(TreeId Tree, Guid Signature)>> ReadSignaturesAsync(NpgsqlConnection connection, TreeId[]? trees)
    {
        await using var command = new NpgsqlCommand(SignaturesSql, connection) { Parameters = { Trees(trees) } };
        await using var reader = await command.ExecuteReaderAsync();
        return [.. (await Signatures.ListAsync(reader)).Select(row => (TreeId.Of(row.RootProgrammeId), row.SignatureId))];
    }
}

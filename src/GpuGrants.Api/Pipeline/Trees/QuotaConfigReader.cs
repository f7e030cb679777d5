using System.Collections.Frozen;
using GpuGrants.Trees;
using Npgsql;
using NpgsqlTypes;

namespace GpuGrants.Api.Pipeline.Trees;

/// <summary>Reads and compiles the quotas of a tree inside the deciding transaction.</summary>
public static class QuotaConfigReader
{
    private const string PlatformTimeZone = "UTC";

    private const string PoliciesSql = """
        select p.id, p.programme_id, p.name, v.number, v.document::text, v.effective_from,
               least(v.retired_from, min(v.effective_from) over later) as effective_until
        from quota_policies p join quota_policy_versions v on v.root_programme_id = p.root_programme_id and v.policy_id = p.id
        where ($1 is null or p.root_programme_id = any($1)) and v.status <> 'draft'
        window later as (partition by p.id order by v.number rows between 1 following and unbounded following)
        order by p.id, v.number
        """;

    private const string OverridesSql = """
        select id, policy_id, rule_id, subject_id, effect, amount, starts_at, expires_at, ended_at, reason, author_id
        from quota_overrides
        where ($1 is null or root_programme_id = any($1)) and ($2 is null or coalesce(least(expires_at, ended_at), 'infinity') > $2)
        order by id
        """;

    private const string SignaturesSql =
        "select root_programme_id, signature_id from quota_signatures where $1 is null or root_programme_id = any($1)";

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
        var overrides = await ReadOverridesAsync(connection, [tree, TreeId.Platform], at);
        var compiled = CompiledQuotas.Compile(current, overrides);
        var stored = await ReadSignaturesAsync(connection, [tree, TreeId.Platform]);
        var stale = stored.Where(one => !compiled.CountsBy(one.Signature)).ToHashSet();
        if (StillCounted(over, stale) is { Count: > 0 } ended)
            compiled = CompiledQuotas.Compile([.. current, .. ended], overrides);
        return new QuotaConfig(
            compiled,
            [
                .. compiled.Signatures.Where(signature =>
                    !stored.Contains((signature.ScopeProgrammeId is null ? TreeId.Platform : tree, signature.Id))
                ),
            ],
            [.. stale.Where(one => one.Tree == tree)],
            overrides
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
        var policies = new List<PublishedPolicy>();
        while (await reader.ReadAsync())
        {
            Guid? scope = reader.IsDBNull(1) ? null : reader.GetGuid(1);
            policies.Add(
                new PublishedPolicy
                {
                    PolicyId = reader.GetGuid(0),
                    ScopeProgrammeId = scope,
                    Name = reader.GetString(2),
                    Version = reader.GetInt32(3),
                    TimeZone = (scope is { } id ? timeZoneOf(id) : null) ?? PlatformTimeZone,
                    EffectiveFrom = reader.GetFieldValue<DateTimeOffset>(5),
                    EffectiveUntil = reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
                    Document = null,
                }.WithStored(reader.GetString(4))
            );
        }

        return policies;
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
        var overrides = new List<QuotaOverride>();
        while (await reader.ReadAsync())
        {
            overrides.Add(
                new QuotaOverride
                {
                    Id = reader.GetGuid(0),
                    PolicyId = reader.GetGuid(1),
                    RuleId = reader.GetString(2),
                    SubjectId = reader.GetString(3),
                    Effect = Words.Parse<OverrideEffect>(reader.GetString(4)),
                    Amount = reader.GetInt64(5),
                    StartsAt = reader.GetFieldValue<DateTimeOffset>(6),
                    ExpiresAt = reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
                    EndedAt = reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8),
                    Reason = reader.GetString(9),
                    AuthorId = reader.GetGuid(10),
                }
            );
        }

        return overrides;
    }

    private static NpgsqlParameter Trees(TreeId[]? trees) =>
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
        var signatures = new HashSet<(TreeId Tree, Guid Signature)>();
        while (await reader.ReadAsync())
            signatures.Add((TreeId.Of(reader.GetGuid(0)), reader.GetGuid(1)));
        return signatures;
    }
}

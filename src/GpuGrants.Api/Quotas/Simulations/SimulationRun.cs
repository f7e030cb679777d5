using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Quotas.Simulations;

/// <summary>
/// One simulation: reads policies and facts in one read-only snapshot of the database and streams the facts through the engine.
/// </summary>
public sealed class SimulationRun(QuotaSimulationRow simulation, int maxFlips)
{
    private readonly List<SimulationFlipView> _flips = [];
    private readonly TreeId _tree = TreeId.Of(simulation.RootProgrammeId);
    private long _processed;

    public long Processed => Interlocked.Read(ref _processed);

    /// <summary>Facts to go through, once they are counted.</summary>
    public long Total { get; private set; }

    public async Task<string> RunAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation);
        var scope = await ScopeAsync(connection, cancellation);
        var quotas = await CompileAsync(connection, scope, cancellation);
        // Counters of the platform count in all trees, so the other trees' facts are needed too, as they happened.
        var history = _tree.IsPlatform || quotas.Signatures.Any(signature => signature.ScopeProgrammeId is null) ? (TreeId?)null : _tree;
        Total = await PastFacts.CountAsync(connection, history, simulation.ToAt, scope, cancellation);
        var requestId = Guid.Empty;
        var budgets = await PastBudgets.ReadAsync(connection, _tree, simulation.ToAt, cancellation);
        var engine = new QuotaSimulation(quotas, simulation.FromAt, flip => Keep(flip, requestId), budgets, scope);
        await foreach (var (past, tree, request) in PastFacts.ReadAsync(connection, history, simulation.ToAt, cancellation))
        {
            requestId = request;
            if (_tree.IsPlatform || tree == _tree)
                engine.Take(past);
            else
                engine.Keep(past);
            // Not even their number tells of sibling programmes.
            if (scope is not { } shown || past.Context.ProgrammePath.Contains(shown))
                Interlocked.Increment(ref _processed);
        }

        return ApiJson.WriteText(
            new SimulationResult
            {
                Requests = engine.Happened.Approved + engine.Happened.Reviewed + engine.Happened.Denied,
                Happened = SimulationSideView.Of(engine.Happened),
                Simulated = SimulationSideView.Of(engine.Simulated),
                Flips = engine.Flips,
                FlippedRequests = _flips,
            }
        );
    }

    /// <summary>
    /// All policies with the dates they had, and the tried one in place of its own versions, from the period's beginning on. By those from
    /// before the period, past windows carry over.
    /// </summary>
    private async Task<CompiledQuotas> CompileAsync(NpgsqlConnection connection, Guid? scope, CancellationToken cancellation)
    {
        TreeId[]? trees = _tree.IsPlatform ? null : [_tree, TreeId.Platform];
        var zones = await ProgrammeZones.ReadAsync(connection, trees, cancellation);
        var policies = await QuotaConfigReader.ReadPoliciesAsync(connection, trees, id => zones.GetValueOrDefault(id));
        var before = policies
            .Where(policy => policy.PolicyId == simulation.PolicyId && policy.EffectiveFrom < simulation.FromAt)
            .Select(policy => policy.EffectiveUntil <= simulation.FromAt ? policy : policy with { EffectiveUntil = simulation.FromAt })
            .ToList();
        policies.RemoveAll(policy => policy.PolicyId == simulation.PolicyId);
        policies.Add(
            new PublishedPolicy
            {
                PolicyId = simulation.PolicyId,
                Version = simulation.VersionNumber ?? int.MaxValue,
                Name = "simulated",
                ScopeProgrammeId = scope,
                TimeZone = QuotaConfigReader.ZoneOf(scope, zones.GetValueOrDefault),
                EffectiveFrom = simulation.FromAt,
                Document = null,
            }.WithStored(simulation.Document)
        );
        return CompiledQuotas.Compile(policies, await QuotaConfigReader.ReadOverridesAsync(connection, trees, null), before);
    }

    /// <summary>The policy's programme, of which alone the result tells; null for the platform.</summary>
    private async Task<Guid?> ScopeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select programme_id from quota_policies where id = $1", connection)
        {
            Parameters = { new() { Value = simulation.PolicyId } },
        };
        return await command.ExecuteScalarAsync(cancellation) as Guid?;
    }

    private void Keep(SimulationFlip flip, Guid requestId)
    {
        if (_flips.Count >= maxFlips)
            return;
        _flips.Add(
            new SimulationFlipView
            {
                RequestId = requestId,
                OrganizationId = flip.OrganizationId,
                At = flip.At,
                WasDecided = flip.Happened.ToString().ToLowerInvariant(),
                WouldBe = flip.Simulated.ToString().ToLowerInvariant(),
                Rules = [.. flip.RuleIds.Distinct()],
                ExceedsBudget = flip.ExceedsBudget,
            }
        );
    }
}

using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Trees;
using Npgsql;

namespace GpuGrants.Api.Quotas.Recounts;

/// <summary>
/// The signatures of all trees for which the service keeps counters: a published rule counts by them, and their history was folded.
/// </summary>
internal sealed class KeptSignatures
{
    private readonly CompiledQuotas _compiled;
    private readonly HashSet<(TreeId Tree, Guid Signature)> _stored;
    private readonly Dictionary<Guid, RuleSignature> _byId;

    private KeptSignatures(CompiledQuotas compiled, HashSet<(TreeId Tree, Guid Signature)> stored)
    {
        _compiled = compiled;
        _stored = stored;
        _byId = compiled.Signatures.ToDictionary(signature => signature.Id);
    }

    public static async Task<KeptSignatures> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var zones = await ProgrammeZones.ReadAsync(connection, null, cancellation);
        // Also of versions that are over: their counters are kept until a batch drops them.
        var policies = await QuotaConfigReader.ReadPoliciesAsync(connection, null, zones.GetValueOrDefault);
        return new(CompiledQuotas.Compile(policies, []), await QuotaConfigReader.ReadSignaturesAsync(connection, null));
    }

    /// <summary>What counts in the context, each with the key of its counter.</summary>
    public IEnumerable<(CounterKey Key, RuleSignature Signature)> CountedIn(QuotaContext context) =>
        _compiled.Match(context).Counted.Where(one => IsStored(one.Signature, one.Key.Tree));

    /// <summary>The signature of a stored counter, or null when nobody keeps the counter any more.</summary>
    public RuleSignature? Find(TreeId tree, Guid signatureId) =>
        _byId.TryGetValue(signatureId, out var signature) && IsStored(signature, tree) ? signature : null;

    private bool IsStored(RuleSignature signature, TreeId tree) => _stored.Contains((signature.SignatureTreeOf(tree), signature.Id));
}

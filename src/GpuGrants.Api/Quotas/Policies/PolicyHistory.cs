using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Quotas.Policies;

/// <summary>
/// Counts the history of what a policy begins to count before it is published, in slices beside the traffic.
/// </summary>
internal static class PolicyHistory
{
    /// <summary>Folds the history for the document's rules that nobody counted so far.</summary>
    /// <param name="http">The call that publishes.</param>
    /// <param name="db">For reading.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="zone">Its programme's time zone.</param>
    /// <param name="document">What is to be published; null for nothing.</param>
    /// <returns>To be disposed once the policy was published and counted; null when there was nothing to do.</returns>
    public static async Task<PreparedCounters.Preparation?> PrepareAsync(
        HttpContext http,
        GpuGrantsContext db,
        QuotaPolicy policy,
        string zone,
        string? document
    )
    {
        if (document is null)
            return null;
        var tried = new PublishedPolicy
        {
            PolicyId = policy.Id,
            Version = int.MaxValue,
            Name = policy.Name,
            ScopeProgrammeId = policy.ProgrammeId,
            ScopeOrganizationId = policy.OrganizationId,
            TimeZone = zone,
            EffectiveFrom = DateTimeOffset.MinValue,
            Document = null,
        }.WithStored(document);
        var counted = await db.Set<QuotaSignatureRow>()
            .Where(row => row.RootProgrammeId == policy.RootProgrammeId)
            .Select(row => row.SignatureId)
            .ToListAsync(http.RequestAborted);
        var missing = CompiledQuotas.Compile([tried], []).Signatures.Where(one => !counted.Contains(one.Id)).ToList();
        var counters = http.RequestServices.GetRequiredService<PreparedCounters>();
        return missing.Count == 0 ? null
            : policy.ProgrammeId is null ? await counters.PrepareOutsideProgrammesAsync(missing, policy.OrganizationId, http.RequestAborted)
            : await counters.PrepareAsync(TreeId.Of(policy.RootProgrammeId), missing, http.RequestAborted);
    }

    /// <summary>
    /// Has this replica count what it prepared, at once. If the policy was published, that is committed by then. So a pipeline that takes
    /// nothing more is no failure: the next batch of the tree counts. After a refusal or a mere proposal there is nothing to count.
    /// </summary>
    public static async Task CountAsync(HttpContext http, QuotaPolicy policy)
    {
        var counting = new Change<Guid>
        {
            Tree = TreeId.Of(policy.RootProgrammeId),
            Actor = Actor.Service,
            Deciding = _ => policy.Id,
        };
        try
        {
            await http.RequestServices.GetRequiredService<DecisionPipeline>().ExecuteAsync(counting, http.RequestAborted);
        }
        catch (PipelineUnavailableException)
        {
            // What was prepared is dropped, and the next batch reads the whole history.
        }
    }
}
